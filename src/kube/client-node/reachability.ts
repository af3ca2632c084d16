/** Told when a server stops answering, with why, and when it answers again, with undefined. */
export type ReachabilityReporter = (problem: Error | undefined) => void;

/** Whether a server answers, whatever it answers: one outage is one piece of news, however many requests fail in it. */
export class Reachability {
  readonly #report: ReachabilityReporter;
  #isDown = false;

  constructor(report: ReachabilityReporter) {
    this.#report = report;
  }

  answered(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#report(undefined);
  }

  silent(problem: Error): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#report(problem);
  }
}
