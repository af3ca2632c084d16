#!/usr/bin/env bash
# Runs the benchmarks, all or those named: `tools/bench.sh discovery-latency`. Figures go to bench/results/ as JSON too.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
benches=("$@")
[ "${#benches[@]}" -gt 0 ] || benches=(startup engine strategies reload http pod-list discovery-latency monitors hand-over operator)
for bench in "${benches[@]}"; do
  node --disable-warning=ExperimentalWarning "bench/$bench.ts"
done
