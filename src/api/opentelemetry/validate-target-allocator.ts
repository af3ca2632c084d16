import type { Cluster } from "./check.ts";
import type { TargetAllocator } from "./target-allocator.ts";
import { namespacesProblem, strategyProblem } from "./validate-allocator.ts";
import { portsProblem } from "./validate-exposure.ts";
import { mtlsProblem } from "./validate-mtls.ts";

/** Everything that keeps a TargetAllocator from being run, worst first; empty when nothing does. */
export function problemsOfTargetAllocator({ spec = {} }: TargetAllocator, cluster: Cluster = {}): readonly string[] {
  const { allocationStrategy, ports = [], mtls = {}, prometheusCR } = spec;
  return [
    strategyProblem("spec.allocationStrategy", allocationStrategy),
    portsProblem(ports),
    mtlsProblem(mtls, cluster),
    namespacesProblem("spec.prometheusCR", prometheusCR),
  ].filter((problem) => problem !== undefined);
}
