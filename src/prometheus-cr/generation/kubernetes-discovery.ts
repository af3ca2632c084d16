import type { DataObject } from "../../allocator/index.ts";
import { given } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { AttachMetadataSpec, NamespaceSelectorSpec, SelectorSpec } from "../resources.ts";
import { selectorText } from "./selector-rules.ts";

/** What a monitor wants to be discovered. */
interface Discovery {
  readonly role: string;
  /** The monitor's own, where it looks unless it names others. */
  readonly namespace: string;
  readonly namespaceSelector: NamespaceSelectorSpec | undefined;
  readonly attachMetadata?: AttachMetadataSpec | undefined;
  /** Lets the API server select by labels, for these resources. */
  readonly selectors?: { readonly roles: readonly string[]; readonly selector: SelectorSpec } | undefined;
}

/** The one entry of `kubernetes_sd_configs`. */
export function kubernetesDiscovery({ role, selectors, attachMetadata, ...where }: Discovery): readonly DataObject[] {
  const names = namespaceNames(where);
  return [
    given({
      role,
      namespaces: names === undefined ? undefined : { names },
      attach_metadata: attachMetadata === undefined ? undefined : { node: attachMetadata.node ?? false },
      selectors: selectors?.roles.map((each) => ({ role: each, label: selectorText(selectors.selector) })),
    }),
  ];
}

function namespaceNames({
  namespace,
  namespaceSelector: { any, matchNames = [] } = {},
}: Pick<Discovery, "namespace" | "namespaceSelector">): readonly string[] | undefined {
  if (any === true) return undefined;
  return matchNames.length === 0 ? [namespace] : matchNames;
}

const MECHANISMS = ["RelabelConfig", "RoleSelector"];

/** Whether the API server does the selecting, rather than relabelling rules. */
export function selectsByRole(mechanism: string | undefined, field: MonitorField): boolean {
  if (mechanism !== undefined && !MECHANISMS.includes(mechanism)) {
    field.report(`${JSON.stringify(mechanism)} is none of ${MECHANISMS.join(", ")}`);
  }
  return mechanism === "RoleSelector";
}
