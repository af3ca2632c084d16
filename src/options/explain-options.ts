import { UsageError } from "./command-line.ts";
import { choiceFlag, type Flag, parsedFlag, stringFlag } from "./flags.ts";
import type { Settings } from "./sources.ts";

/** The labels of one target, by name. */
type LabelRecord = Readonly<Record<string, string>>;

/** The flags of the `explain` command. */
export const EXPLAIN_FLAGS = {
  configFile: stringFlag("config-file", {
    help: "A target allocator's configuration file: explain what its job does to targets that are given",
    fallback: "",
    placeholder: "path",
  }),
  from: parsedFlag<URL | undefined>("from", readBase, {
    help: "A running target allocator, or a resource in a running operator: explain the targets that it has discovered",
    fallback: undefined,
    placeholder: "url",
  }),
  job: stringFlag("job", { help: "The job, by its job_name", fallback: "", placeholder: "name" }),
  labels: labelsFlag("labels"),
  targetsFile: stringFlag("targets-file", {
    help: 'With --config-file: target groups in JSON or YAML, as file_sd_configs has them; "-" is standard input',
    fallback: "",
    placeholder: "path",
  }),
  address: stringFlag("address", {
    help: "With --from: the target with exactly this __address__",
    fallback: "",
    placeholder: "host:port",
  }),
  target: stringFlag("target", {
    help: "With --from: targets with this in their address, or as the value of a discovered label, such as a pod's name",
    fallback: "",
    placeholder: "text",
  }),
  limit: parsedFlag<number>("limit", readLimit, {
    help: "How many targets to explain at most",
    fallback: 20,
    placeholder: "count",
  }),
  certificateAuthority: stringFlag("certificate-authority", {
    help: "With --from https: PEM file of the authorities that the server's certificate is trusted by",
    fallback: "",
    placeholder: "path",
  }),
  clientCertificate: stringFlag("client-certificate", {
    help: "With --from https: PEM file of the certificate to show, as collectors show theirs",
    fallback: "",
    placeholder: "path",
  }),
  clientKey: stringFlag("client-key", {
    help: "The private key of --client-certificate",
    fallback: "",
    placeholder: "path",
  }),
  tlsServerName: stringFlag("tls-server-name", {
    help: "With --from https: the name in the server's certificate, where it is reached by another one",
    fallback: "",
    placeholder: "name",
  }),
  output: choiceFlag("output", ["text", "json"], { help: "For people, or for programs", fallback: "text" }),
};

/** What a job does to targets that are given. */
export interface ExplainGiven {
  readonly kind: "given";
  readonly configFile: string;
  /** Targets by their labels. */
  readonly labels: readonly LabelRecord[];
  /** Target groups; "-" is standard input, undefined: none. */
  readonly targetsFile: string | undefined;
}

/** Who is asked. */
export interface ExplainBase {
  /** What stands before the routes, without a slash at its end. */
  readonly base: string;
  readonly tls: ExplainTls;
}

/** How a server is trusted and what it is shown: files, each undefined when not given. */
interface ExplainTls {
  readonly authorityFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly serverName: string | undefined;
}

/** What became of targets that a running process has discovered. */
export interface ExplainDiscovered extends ExplainBase {
  readonly kind: "discovered";
  readonly address: string | undefined;
  readonly text: string | undefined;
}

/** Everything that the `explain` command is started with. */
export interface ExplainOptions {
  readonly job: string;
  readonly limit: number;
  readonly output: "text" | "json";
  readonly targets: ExplainGiven | ExplainDiscovered;
}

/** One monitor in a running process. */
export interface ExplainMonitorOptions extends ExplainBase {
  readonly namespace: string;
  readonly name: string;
  readonly output: "text" | "json";
}

/** The options of `explain monitor NAMESPACE/NAME`; undefined when targets are to be explained. Throws UsageError. */
export function resolveExplainMonitorOptions({
  values,
  positionals,
}: Settings<typeof EXPLAIN_FLAGS>): ExplainMonitorOptions | undefined {
  const [what, which = "", ...more] = positionals;
  if (what !== "monitor") return undefined;
  const [namespace = "", name = "", ...rest] = which.split("/");
  if (namespace === "" || name === "" || rest.length + more.length > 0) {
    throw new UsageError("name one monitor: explain monitor NAMESPACE/NAME --from URL");
  }
  const { from, output, job, configFile } = values;
  if (job !== "" || configFile !== "")
    throw new UsageError("--job and --config-file are for targets, not for monitors");
  if (from === undefined)
    throw new UsageError("give a running target allocator, or a resource in its operator, with --from");
  return { ...baseOf(from, values), namespace, name, output };
}

function baseOf({ href, protocol }: URL, values: Settings<typeof EXPLAIN_FLAGS>["values"]): ExplainBase {
  const { certificateAuthority, clientCertificate, clientKey, tlsServerName } = values;
  const tls = {
    authorityFile: given(certificateAuthority),
    certificateFile: given(clientCertificate),
    keyFile: given(clientKey),
    serverName: given(tlsServerName),
  };
  if (protocol !== "https:" && Object.values(tls).some((value) => value !== undefined)) {
    throw new UsageError("certificates, keys and --tls-server-name go with a --from that begins with https://");
  }
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
    throw new UsageError("--client-certificate and --client-key go together");
  }
  return { base: href.replace(/[?#].*$/, "").replace(/\/+$/, ""), tls };
}

/** What flags together mean. Throws UsageError. */
export function resolveExplainOptions({ values }: Settings<typeof EXPLAIN_FLAGS>): ExplainOptions {
  const { configFile, from, job, labels, targetsFile, address, target, limit, output } = values;
  if ((configFile === "") === (from === undefined)) {
    throw new UsageError("give a configuration file with --config-file, or a running target allocator with --from");
  }
  if (job === "") throw new UsageError("give the name of a job with --job");
  const about = { job, limit, output };
  if (from !== undefined) {
    if (labels.length > 0) throw misplaced("labels", "config-file", "name targets by --address or --target");
    if (targetsFile !== "") throw misplaced("targets-file", "config-file", "name targets by --address or --target");
    return {
      ...about,
      targets: { kind: "discovered", ...baseOf(from, values), address: given(address), text: given(target) },
    };
  }
  for (const [name, value] of Object.entries({ address, target })) {
    if (value !== "") throw misplaced(name, "from", "describe targets by --labels or --targets-file");
  }
  return { ...about, targets: { kind: "given", configFile, labels, targetsFile: given(targetsFile) } };
}

function given(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function misplaced(name: string, other: string, advice: string): UsageError {
  return new UsageError(`--${name} goes with --${other}; ${advice}`);
}

function readBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new Error("must be a URL such as http://localhost:8080, without user and password");
  }
  return url;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw new Error("must be a whole number from 1 to 500");
  return limit;
}

function labelsFlag(name: string): Flag<readonly LabelRecord[]> {
  return {
    name,
    help:
      'With --config-file: the labels of one target, name=value,name="a, b" or a JSON object; once for each target. ' +
      "__address__ is the host and port",
    placeholder: "labels",
    fallback: [],
    read: (text, before = []) => [...before, readLabels(text)],
  };
}

/** A name, "=", and a value that is quoted as in JSON or has no comma. */
const LABEL = /\s*(?<name>[^=,\s]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^",][^,]*|))\s*(?:,|$)/y;

function readLabels(text: string): LabelRecord {
  if (text.trimStart().startsWith("{")) return readJsonLabels(text);
  const labels: [string, string][] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const { name, quoted, plain } = LABEL.exec(text)?.groups ?? {};
    if (name === undefined) throw new Error('must be name=value,name="a, b" or a JSON object of texts');
    labels.push([name, quoted === undefined ? (plain ?? "").trimEnd() : (JSON.parse(`"${quoted}"`) as string)]);
  }
  return Object.fromEntries(labels);
}

function readJsonLabels(text: string): LabelRecord {
  const value: unknown = JSON.parse(text);
  const entries = Object.entries(value as object);
  if (!entries.every(([, label]) => typeof label === "string")) throw new Error("must have texts as values");
  return Object.fromEntries(entries);
}
