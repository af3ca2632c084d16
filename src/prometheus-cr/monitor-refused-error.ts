/**
 * A monitor, or one job of it, that cannot be used as it is written. The problems are what its author reads: each a
 * sentence that begins with the field, says what was read and what must hold. No Secret's value is in them.
 */
export class MonitorRefusedError extends Error {
  readonly code = "MONITOR_REFUSED";
  override readonly name = "MonitorRefusedError";
  /** At least one; all that were found. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}
