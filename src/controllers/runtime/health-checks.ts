/** What is wrong, for a person; undefined when all is well. Must not throw, wait or do I/O: probes call it. */
export type HealthCheck = () => string | undefined;

/** The answer of one check. */
interface HealthCheckResult {
  readonly name: string;
  readonly problem: string | undefined;
}

/** The answer of all checks, in the order in which they were added. */
export interface HealthReport {
  readonly healthy: boolean;
  readonly checks: readonly HealthCheckResult[];
}

/** What a probe asks. Healthy when no check has a problem, so also when there is none. */
export class HealthChecks {
  readonly #checks = new Map<string, HealthCheck>();

  /** Adds a check; throws when the name is taken. Returns its removal. */
  add(name: string, check: HealthCheck): () => void {
    if (this.#checks.has(name)) throw new Error(`adding health check ${name}: there is one of that name already`);
    this.#checks.set(name, check);
    return () => this.#checks.delete(name);
  }

  report(): HealthReport {
    const checks = [...this.#checks].map(([name, check]) => ({ name, problem: check() }));
    return { healthy: checks.every(({ problem }) => problem === undefined), checks };
  }
}
