import type { WatchFailure } from "../prometheus-cr/kind-watch.ts";
import type { MonitorSession } from "../prometheus-cr/monitor-session.ts";
import type { MonitorKindReport } from "../prometheus-cr/monitor-verdict.ts";
import { MONITOR_RESOURCES } from "../prometheus-cr/resources.ts";
import type { AllocationProblem } from "./allocation-problem.ts";

/** What hinders monitors, most general first. */
export function monitorProblems(session: MonitorSession): readonly AllocationProblem[] {
  const refusals = session.refusals();
  return [
    ...kindProblems(session),
    ...refusals.flatMap(({ kind, namespace, name, problems }): readonly AllocationProblem[] =>
      problems.length === 0
        ? []
        : [{ reason: "MonitorRefused", message: `${kind} ${namespace}/${name}: ${problems.join("; ")}` }],
    ),
    ...refusals.flatMap(({ rejectedJobs }) =>
      rejectedJobs.map(({ jobName: job, problems }): AllocationProblem => ({
        job,
        reason: "JobRejected",
        message: `${problems.join("; ")} (it is not served)`,
      })),
    ),
    ...refusals.flatMap(({ jobs, warnings }) =>
      warnings.length === 0
        ? []
        : jobs.map((job): AllocationProblem => ({
            job,
            reason: "ScrapeClassIncomplete",
            message: warnings.join("; "),
          })),
    ),
  ];
}

/** What hinders all monitors of a kind or namespace. */
export function kindProblems(session: MonitorSession): readonly AllocationProblem[] {
  const reports = session.reports();
  return [
    ...(reports.some(({ wanted }) => wanted) ? [] : [NOTHING_SELECTED]),
    ...reports.flatMap((report) => report.failures.map((failure) => unavailable(report, failure))),
    ...namespaceProblems(session),
  ];
}

const NOTHING_SELECTED: AllocationProblem = {
  reason: "MonitorSelectorMissing",
  message:
    "prometheus_cr.enabled is true, and none of service_monitor_selector, pod_monitor_selector, probe_selector and " +
    "scrape_config_selector is set, so no monitor is selected; {} selects all",
};

function unavailable(
  { kind }: MonitorKindReport,
  { namespace, exceptIn, state, message }: WatchFailure,
): AllocationProblem {
  const some = namespace === undefined ? "" : ` of namespace ${namespace}`;
  const place = exceptIn === undefined ? some : ` of other namespaces than ${exceptIn}`;
  const { group, plural } = MONITOR_RESOURCES[kind];
  const advice = {
    missing: `not read, because ${plural}.${group} is not installed; they will be as soon as it is (${message})`,
    forbidden: `not read: ${message}; grant list and watch on ${plural} of API group ${group}`,
    watching: `not followed at the moment, and those that are known stay: ${message}`,
    pending: `not known: ${message}`,
  }[state];
  return { reason: "MonitorsUnavailable", message: `the ${kind}s${place} are ${advice}` };
}

function namespaceProblems({ namespaceFailure }: MonitorSession): readonly AllocationProblem[] {
  if (namespaceFailure === undefined) return [];
  const message = `namespaces cannot be followed, and namespace selectors go by what is known of their labels: ${namespaceFailure}`;
  return [{ reason: "MonitorsUnavailable", message }];
}
