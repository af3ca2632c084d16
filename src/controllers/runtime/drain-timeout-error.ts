/** What was told to stop, and then to give up, still runs. The process should end: only that stops it. */
export class DrainTimeoutError extends Error {
  readonly code = "DRAIN_TIMEOUT";
  override readonly name = "DrainTimeoutError";

  /** @param running - Names of what was left behind. */
  constructor(running: readonly string[], timeoutMs: number) {
    super(`stopping: ${running.join(", ")} did not end within ${timeoutMs} ms`);
  }
}
