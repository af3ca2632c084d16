import { runProgram } from "./commands/program.ts";
import { stopSignal } from "./commands/signals.ts";
import { enableLinearRegExpFallback } from "./options/regexp-engine.ts";

/** As of a program that the system ends by SIGPIPE: what `otel-allocator render … | head` is to others. */
const READER_GONE = 141;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

process.stdout.on("error", () => process.exit(READER_GONE));
// Nobody reads the log: no reason to leave collectors without an answer.
process.stderr.on("error", () => undefined);

// Before any pattern of a user is compiled.
enableLinearRegExpFallback();
// Timers keep nobody alive, so that what is forgotten cannot; a command that waits for one still has to end by itself.
const running = setInterval(() => undefined, LONGEST_TIMER_MS);
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  signal: stopSignal(process),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
clearInterval(running);
// Everything has ended; should a library still hold a socket or timer, the process does not wait for it.
setTimeout(() => process.exit(), 1_000).unref();
