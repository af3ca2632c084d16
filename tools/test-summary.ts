/** Prints the closing line of a test run from jest's JSON report: `N passed, N failed`. A skip is a failure in CI. */
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
}

const [path = ""] = process.argv.slice(2);
let report: Report;
try {
  report = JSON.parse(readFileSync(path, "utf8")) as Report;
} catch {
  console.log("0 passed, 1 failed");
  console.error("The test runner left no report.");
  process.exit(1);
}
const skipped = process.env["CI"] === "true" ? report.numPendingTests : 0;
if (skipped > 0) console.error(`${skipped} tests were skipped: in CI every test must run.`);
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + skipped;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 && report.numPassedTests > 0 ? 0 : 1;
