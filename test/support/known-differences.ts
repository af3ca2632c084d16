/**
 * What of the recorded answers of the Go target allocator is not compared, or not as it is. docs/compatibility.md has the
 * same list, for those who want to know before they move over.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One thing that may differ, with what takes it out of the answers of both sides. */
export interface KnownDifference {
  /** In the words of the page. */
  readonly what: string;
  readonly why: string;
  /** Mends the text of an answer. */
  readonly inText?: (text: string) => string;
  /** A label that does not count. */
  readonly label?: string;
  /** Mends a copy of a job of /scrape_configs in place. */
  readonly inJob?: (job: Record<string, Record<string, Json>[] | undefined>) => void;
  /** Makes of the shares of a job, by collector, what is compared; for cases of this name. */
  readonly shares?: {
    readonly of: string;
    readonly compared: (shares: Readonly<Record<string, readonly Json[]>>) => unknown;
  };
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const PASSWORD = /(:\/\/[^/"@:]*):[^/"@]*@/g;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    what: "UIDs in labels",
    why: "the API server gives every object another one; they are replaced by a mark on both sides",
    inText: (text) => text.replace(UID, "<uid>"),
  },
  {
    what: "`__meta_kubernetes_service_cluster_ip`",
    why: "the API server hands out cluster IPs at random",
    label: "__meta_kubernetes_service_cluster_ip",
  },
  {
    what: "`kubeconfig_file` of `kubernetes_sd_configs`",
    why: "it is a path of the machine on which the answers were recorded",
    inJob: (job) => {
      for (const discovery of job["kubernetes_sd_configs"] ?? []) delete discovery["kubeconfig_file"];
    },
  },
  {
    what: "the shares of `least-weighted`",
    why: "Go places targets in the order of a map, which is random: the union of the shares is compared, and their number",
    shares: {
      of: "leastweighted",
      compared: (shares) => ({ collectors: Object.keys(shares).toSorted(), targets: Object.values(shares).flat() }),
    },
  },
  {
    what: "empty `replacement`, `separator` and `regex` of rules",
    why: "Go loses them on the wire, so that collectors take the defaults: here they are served",
    inJob: (job) => {
      for (const rule of [...(job["relabel_configs"] ?? []), ...(job["metric_relabel_configs"] ?? [])]) {
        for (const field of ["replacement", "separator", "regex"]) {
          if (rule[field] === "" || rule[field] === null) delete rule[field];
        }
      }
    },
  },
  {
    what: "passwords in URLs of masked answers",
    why: "Go masks those in some URLs only: here they are masked in all",
    inText: (text) => text.replace(PASSWORD, "$1:xxxxx@"),
  },
];
