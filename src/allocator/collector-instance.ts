/** One pod (or process) that scrapes. Not to be confused with the OpenTelemetryCollector resource. */
export interface CollectorInstance {
  /** The pod's name: what `collector_id` says and what the hash ring hashes. */
  readonly name: string;
  /** Where it runs; "" when unknown. */
  readonly nodeName: string;
}
