/** What targets were measured to weigh: job, then instance, then a positive number such as samples per scrape. */
export type MeasuredWeights = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Reads weights from JSON: either job → instance → number, or what Prometheus answers to an instant query such as
 * `scrape_samples_scraped`. Of several series of one instance the heaviest counts. Throws an Error that says what is
 * wrong.
 *
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export function parseMeasuredWeights(json: string): MeasuredWeights {
  const content: unknown = JSON.parse(json);
  if (!isMapping(content)) throw new Error("must be a mapping of jobs, or an answer of Prometheus");
  const isAnswer = "status" in content && typeof content["status"] === "string";
  const entries = isAnswer ? fromAnswer(content) : fromMapping(content);
  const weights = new Map<string, Map<string, number>>();
  for (const { job, instance, weight } of entries) {
    const ofJob = weights.get(job) ?? new Map<string, number>();
    weights.set(job, ofJob);
    ofJob.set(instance, Math.max(weight, ofJob.get(instance) ?? 0));
  }
  return weights;
}

interface Measured {
  readonly job: string;
  readonly instance: string;
  readonly weight: number;
}

function fromMapping(content: Readonly<Record<string, unknown>>): readonly Measured[] {
  return Object.entries(content).flatMap(([job, instances]) => {
    if (!isMapping(instances)) throw new Error(`job ${JSON.stringify(job)}: must be a mapping of instances to numbers`);
    return Object.entries(instances).map(([instance, weight]) => {
      if (typeof weight === "number") return { job, instance, weight };
      throw new Error(`job ${JSON.stringify(job)}, instance ${JSON.stringify(instance)}: must be a number`);
    });
  });
}

function fromAnswer({ status, error, data }: Readonly<Record<string, unknown>>): readonly Measured[] {
  if (status !== "success") throw new Error(`Prometheus answered ${String(status)}: ${String(error)}`);
  const { resultType, result } = isMapping(data) ? data : {};
  if (resultType !== "vector" || !Array.isArray(result)) {
    throw new Error(`must be an answer with a vector, not with ${JSON.stringify(resultType ?? null)}`);
  }
  return result.map((sample: unknown, index) => readSample(sample, index));
}

function readSample(sample: unknown, index: number): Measured {
  const { metric, value } = isMapping(sample) ? sample : {};
  const { job, instance } = isMapping(metric) ? metric : {};
  const [, text]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (typeof job !== "string" || typeof instance !== "string" || typeof text !== "string") {
    throw new Error(`data.result[${String(index)}]: must have the labels job and instance, and a value`);
  }
  return { job, instance, weight: Number(text) };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
