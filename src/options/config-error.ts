/**
 * The configuration cannot be used and the process must not go on with it.
 * Lists every problem at once, so that a user repairs a file in one go.
 */
export class ConfigError extends Error {
  readonly code = "CONFIG_INVALID";
  override readonly name = "ConfigError";
  /** One sentence each: which setting, what was read, what is expected. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`invalid configuration:\n- ${problems.join("\n- ")}`, options);
    this.problems = problems;
  }
}
