import { runProgram } from "./commands/program.ts";
import { stopSignal } from "./commands/signals.ts";
import { enableLinearRegExpFallback } from "./options/regexp-engine.ts";

// Before any pattern of a user is compiled.
enableLinearRegExpFallback();
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  signal: stopSignal(process),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
// Everything has ended; should a library still hold a socket or timer, the process does not wait for it.
setTimeout(() => process.exit(), 1_000).unref();
