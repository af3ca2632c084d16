import { stringify } from "yaml";
import type { KubeObject } from "../../api/meta.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** An object as it is and as it would be. */
export interface Comparison {
  /** `KIND NAMESPACE/NAME`. */
  readonly name: string;
  /** Undefined: it would be made. */
  readonly before: KubeObject | undefined;
  /** Undefined: it would be removed. */
  readonly after: KubeObject | undefined;
  /** What else is to be known of the change. */
  readonly note?: string;
}

/** `KIND NAMESPACE/NAME`. */
export function comparedName({ kind, metadata: { namespace = "", name } }: KubeObject): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** The differences, object by object; "" when there are none. Notes are comments above. */
export function toDiff(comparisons: readonly Comparison[]): string {
  return comparisons.map(diffOf).join("");
}

function diffOf({ name, before, after, note }: Comparison): string {
  const diff = unifiedDiff({
    beforeName: before === undefined ? "/dev/null" : `is     ${name}`,
    before: textOf(before),
    afterName: after === undefined ? "/dev/null" : `wanted ${name}`,
    after: textOf(after),
  });
  return diff === "" || note === undefined ? diff : `# ${name}: ${note}\n${diff}`;
}

/** What only a server knows, or only it changes, tells no difference. */
function textOf(object: KubeObject | undefined): string {
  if (object === undefined) return "";
  const { status: _status, ...rest } = object as KubeObject & { readonly status?: unknown };
  const { name, namespace, labels, annotations = {} } = object.metadata;
  const { [LAST_APPLIED]: _lastApplied, ...told } = annotations;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(Object.keys(told).length === 0 ? {} : { annotations: told }),
  };
  return stringify({ ...rest, metadata }, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
