import type { Gauge } from "../observability/metrics.ts";

/** Label values of one series. */
export type SeriesLabels = Readonly<Record<string, string>>;
/** One series and its value. */
export type Row = readonly [labels: SeriesLabels, value: number];

/** A gauge that shows what a function returns, no more and no less: a row that is no longer returned loses its series. */
export class MirroredGauge {
  readonly #gauge: Gauge<string>;
  readonly #unsubscribe: () => void;
  #shown: ReadonlyMap<string, SeriesLabels> = new Map();

  /** @param base - Labels that every row has too. */
  constructor(gauge: Gauge<string>, base: SeriesLabels, rows: () => Iterable<Row>) {
    this.#gauge = gauge;
    this.#unsubscribe = gauge.onCollect(() => this.#show(base, rows()));
  }

  /** Removes every series; there will be no more. */
  close(): void {
    this.#unsubscribe();
    for (const labels of this.#shown.values()) this.#gauge.remove(labels);
  }

  #show(base: SeriesLabels, rows: Iterable<Row>): void {
    const shown = new Map<string, SeriesLabels>();
    for (const [own, value] of rows) {
      const labels = { ...base, ...own };
      shown.set(JSON.stringify(own), labels);
      this.#gauge.with(labels).set(value);
    }
    for (const [key, labels] of this.#shown) if (!shown.has(key)) this.#gauge.remove(labels);
    this.#shown = shown;
  }
}
