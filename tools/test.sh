#!/usr/bin/env bash
# Runs the tests and ends with one line, "N passed, N failed", that says how many of them did what.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
mkdir -p .cache
report=$(mktemp .cache/jest-XXXXXX.json)
trap 'rm -f "$report"' EXIT
node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
  --json --outputFile="$report" "$@"
status=$?
node tools/test-summary.ts "$report" || status=1
exit "$status"
