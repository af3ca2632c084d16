/** The exposition formats that a scrape can ask for. */
const PROTOCOLS: readonly string[] = [
  "PrometheusProto",
  "PrometheusText0.0.4",
  "PrometheusText1.0.0",
  "OpenMetricsText0.0.1",
  "OpenMetricsText1.0.0",
];

/** What is asked for, in order of preference, when nothing is configured. */
export const DEFAULT_PROTOCOLS: readonly string[] = [
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
];

/** The default for jobs with native histograms, which only the binary format carries. */
export const PROTO_FIRST_PROTOCOLS: readonly string[] = ["PrometheusProto", ...DEFAULT_PROTOCOLS];

/** What is wrong with one protocol; undefined when it is known. */
export function protocolProblem(protocol: string): string | undefined {
  if (PROTOCOLS.includes(protocol)) return undefined;
  return `${JSON.stringify(protocol)} is no scrape protocol; there are ${PROTOCOLS.join(", ")}`;
}

/** What is wrong with a list of protocols; undefined when it is fine. */
export function protocolsProblem(protocols: readonly string[]): string | undefined {
  if (protocols.length === 0) return "is empty; leave it out for the default";
  const seen = new Set<string>();
  for (const protocol of protocols) {
    const problem = protocolProblem(protocol);
    if (problem !== undefined) return problem;
    const key = protocol.toLowerCase();
    if (seen.has(key)) return `${JSON.stringify(protocol)} is there twice`;
    seen.add(key);
  }
  return undefined;
}
