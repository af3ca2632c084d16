import { readSettings } from "../options/sources.ts";
import { DOCTOR_FLAGS, type DoctorOptions, resolveDoctorOptions } from "../options/doctor-options.ts";
import { refuseArguments } from "../options/command-line.ts";
import type { KubeConnection } from "../kube/client-node/connection.ts";
import { KubeError } from "../kube/errors.ts";
import { createWinstonLogger } from "../observability/winston-logger.ts";
import { systemClock } from "../observability/system-clock.ts";
import { errorMessage } from "../observability/error-text.ts";
import { type Command, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { ClusterReader } from "./doctor/cluster-reader.ts";
import { diagnose, questionsAbout } from "./doctor/diagnose.ts";
import { type Finding, isAtLeast, severityOf } from "./doctor/finding.ts";
import type { Observation } from "./doctor/observation.ts";
import { askAll, observe } from "./doctor/observe.ts";
import { toJsonReport, toTextReport } from "./doctor/report.ts";
import { openCluster } from "./open-cluster.ts";

const HELP = commandHelp({
  usage: "doctor [FLAGS]",
  about: `Looks at a cluster before or after the operator is installed, and changes nothing: versions, CRDs, webhooks, permissions of
the operator and of every allocator, selectors, network policies, credentials. Each finding has a code (docs/doctor.md), a
sentence, and the YAML that mends it. What the account may not read is said, and the rest checked all the same.

Exit code 0: nothing as bad as --fail-on says; 2: something is; 1: the cluster could not be looked at.

  otel-allocator doctor
  otel-allocator doctor --namespace shop --output json
  otel-allocator doctor --fail-on warning`,
  flags: DOCTOR_FLAGS,
});

/** `otel-allocator doctor`. */
export const doctor: Command = async (argv, context) => {
  const settings = readSettings(DOCTOR_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  refuseArguments(settings.positionals);
  const options = resolveDoctorOptions(settings.values, context.env);
  const log = createWinstonLogger({ clock: systemClock, level: "error", encoding: "console" });
  const { kubeconfigPath } = options;
  const connection = openCluster({ kubeconfigPath, whenMissing: "fail", setBy: "--kubeconfig or KUBECONFIG", log });
  const report = options.output === "json" ? toJsonReport : toTextReport;
  try {
    const findings = await examine(connection, options, context.signal);
    context.out(report(connection.server, findings));
    return findings.some((finding) => isAtLeast(severityOf(finding), options.failOn)) ? EXIT.found : EXIT.ok;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    context.out(report(connection.server, [unreachable(connection.server, error)]));
    return EXIT.failure;
  } finally {
    await connection.close();
  }
};

async function examine(
  connection: KubeConnection,
  options: DoctorOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const reader = new ClusterReader(connection.client, signal);
  const kubernetes = await readVersion(connection, signal);
  const seen = await observe(reader, { options, kubernetes, nowMs: systemClock.now() });
  const answers = await askAll(reader, questionsAbout(seen));
  return diagnose({ ...seen, answers, unread: reader.unread });
}

/** Everybody who is known to the API server may ask; a server that says something else than a version is left at that. */
async function readVersion({ transport }: KubeConnection, signal: AbortSignal): Promise<Observation["kubernetes"]> {
  const call = { attempt: "reading the version of Kubernetes", method: "GET", path: "/version" } as const;
  const { major, minor } = await transport.send<{ readonly major?: string; readonly minor?: string }>(call, signal);
  const numbers = [major, minor].map((text) => Number.parseInt(text ?? "", 10));
  const [first = Number.NaN, second = Number.NaN] = numbers;
  return numbers.some(Number.isNaN) ? undefined : { major: first, minor: second };
}

function unreachable(server: string, error: KubeError): Finding {
  return {
    code: "ApiServerUnreachable",
    object: `API server ${server}`,
    message: `nothing could be checked: ${errorMessage(error)}`,
    mending: {},
  };
}
