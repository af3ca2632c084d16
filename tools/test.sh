#!/usr/bin/env bash
# Runs the tests and ends with one line, "N passed, N failed", that says how many of them did what. The engine's own
# tests run first and measured: they fail when they leave too much of it out (jest.engine.config.js).
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
mkdir -p .cache
reports=$(mktemp -d .cache/jest-XXXXXX)
trap 'rm -rf "$reports"' EXIT
status=0
run_jest() {
  local report=$1
  shift
  node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --json --outputFile="$reports/$report" "$@" || status=1
}
run_jest engine.json --config jest.engine.config.js "$@"
run_jest others.json --testPathIgnorePatterns '/test/allocator/' "$@"
node tools/test-summary.ts "$reports/engine.json" "$reports/others.json" || status=1
exit "$status"
