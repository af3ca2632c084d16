#!/usr/bin/env bash
# Everything that reads the sources without running them. Goes on after a failure, so that one run shows all.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
failed=0
step() {
  local name=$1
  shift
  local started=$SECONDS output
  if output=$("$@" 2>&1); then
    echo "ok    $name ($((SECONDS - started)) s)"
  else
    echo "FAIL  $name: $*"
    echo "$output"
    failed=$((failed + 1))
  fi
}
step "types" npm run --silent typecheck
step "lint" npm run --silent lint
step "format" npm run --silent format:check
step "layers" npm run --silent layers
step "dead code" npm run --silent deadcode
step "licences" npm run --silent licenses
step "lock file" npm ci --dry-run --ignore-scripts --no-audit --no-fund --loglevel=error
step "generated files" node tools/generate.ts --check
step "architecture picture" node tools/architecture.ts --check
exit "$((failed > 0))"
