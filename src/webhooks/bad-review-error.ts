/** What was sent is no review that can be answered. The message says what is wrong with it, for whoever sent it. */
export class BadReviewError extends Error {
  readonly code = "BAD_REVIEW";
  override readonly name = "BadReviewError";
  /** The HTTP status to answer with. */
  readonly status: number;

  constructor(message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status ?? 400;
  }
}
