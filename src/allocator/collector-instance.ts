/** One pod (or process) that scrapes. Not to be confused with the OpenTelemetryCollector resource. */
export interface CollectorInstance {
  /** The pod's name: what `collector_id` says and what the hash ring hashes. */
  readonly name: string;
  /** Where it runs; "" when unknown. */
  readonly nodeName: string;
  /** The availability zone of its node; absent when unknown, or when nobody asked. */
  readonly zone?: string;
}

/** Whether two lists say the same, in the same order. */
export function equalCollectors(a: readonly CollectorInstance[], b: readonly CollectorInstance[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, nodeName, zone }, i) => {
      const other = b[i];
      return name === other?.name && nodeName === other.nodeName && zone === other.zone;
    })
  );
}
