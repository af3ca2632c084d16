import type { Finding } from "./finding.ts";
import type { Observation } from "./observation.ts";
import { rolesFor, userSubject } from "./roles.ts";
import type { Unread } from "./cluster-reader.ts";

/** The minors of Kubernetes that docs/support.md names. */
const OLDEST_MINOR = 29;
const NEWEST_MINOR = 36;

/** Whether this Kubernetes is one that is supported. */
export function checkVersion({ kubernetes }: Pick<Observation, "kubernetes">): readonly Finding[] {
  if (kubernetes === undefined) return [];
  const { major, minor } = kubernetes;
  const range = `1.${String(OLDEST_MINOR)} to 1.${String(NEWEST_MINOR)}`;
  const about = { object: `Kubernetes ${String(major)}.${String(minor)}`, mending: {} };
  if (major === 1 && minor < OLDEST_MINOR) {
    const message = `older than what is supported (${range}): APIs that the operator uses are missing; upgrade the cluster`;
    return [{ code: "KubernetesTooOld", ...about, message }];
  }
  if (major === 1 && minor <= NEWEST_MINOR) return [];
  return [{ code: "KubernetesUntested", ...about, message: `newer than what this version was tested with (${range})` }];
}

/** What could not be looked at; one finding for all of it, with the role that would let it. */
export function checkUnread({ unread, ownName }: Pick<Observation, "unread" | "ownName">): readonly Finding[] {
  if (unread.length === 0) return [];
  const told = unread.map(describeUnread);
  const missing = unread.map(({ group, plural, namespace, verb }) => ({ group, resource: plural, namespace, verb }));
  return [
    {
      code: "CheckNotPermitted",
      object: ownName === undefined ? "you" : `User ${ownName}`,
      message: `not checked, because it may not be read: ${told.join("; ")}`,
      mending: ownName === undefined ? {} : { apply: rolesFor("otel-allocator-doctor", userSubject(ownName), missing) },
    },
  ];
}

function describeUnread({ plural, namespace, verb }: Unread): string {
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `${verb} ${plural}${where}`;
}
