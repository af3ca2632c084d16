/** Prints the closing line of a test run from jest's JSON reports: `N passed, N failed`. A skip is a failure in CI. */
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** undefined when the test runner did not get as far as writing it. */
function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    console.error("The test runner left no report.");
    return undefined;
  }
}

const reports = process.argv.slice(2).map(readReport);
let passed = 0;
let failed = 0;
for (const report of reports) {
  const skipped = process.env["CI"] === "true" ? (report?.numPendingTests ?? 0) : 0;
  if (skipped > 0) console.error(`${skipped} tests were skipped: in CI every test must run.`);
  passed += report?.numPassedTests ?? 0;
  failed += report === undefined ? 1 : report.numFailedTests + report.numRuntimeErrorTestSuites + skipped;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
