/**
 * A monitor, or one job of it, that cannot be used as it is written. The problems are what its author reads: each a
 * sentence that begins with the field, says what was read and what must hold. No Secret's value is in them.
 */
export class MonitorRefusedError extends Error {
  readonly code = "MONITOR_REFUSED";
  override readonly name = "MonitorRefusedError";
  /** At least one; all that were found, each once. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const different = [...new Set(problems)];
    super(different.join("\n"));
    this.problems = different;
  }
}
