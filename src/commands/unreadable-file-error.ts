/** A file that was named on the command line cannot be read. The message names it, says why, and what to do. */
export class UnreadableFileError extends Error {
  readonly code = "FILE_UNREADABLE";
  override readonly name = "UnreadableFileError";

  /**
   * @param what - Which file, as the message begins: `configuration file /etc/a.yaml`.
   * @param cause - What reading it failed with.
   */
  constructor(what: string, cause: unknown) {
    super(`${what} cannot be read: ${reasonOf(cause as NodeJS.ErrnoException)}`, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist; check the path",
  EACCES: "this user may not read it; change its mode or owner",
  EISDIR: "it is a directory; give the path of a file",
};

function reasonOf({ code = "", message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? message;
}
