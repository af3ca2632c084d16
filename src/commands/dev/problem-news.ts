import { type Condition, keyOf, type KubeObject } from "../../api/meta.ts";
import { withDefaults } from "../../api/opentelemetry/default.ts";
import { warningsOf } from "../../api/opentelemetry/validate.ts";
import type { AllocationDirectory } from "../../http/allocation-directory.ts";
import type { PlacedObject } from "../../kube/in-memory/in-memory-cluster.ts";

/** What problems are read from. */
export interface ProblemSources {
  /** Has the resources, with their conditions. */
  readonly cluster: { objects(): Iterable<PlacedObject> };
  readonly directory: AllocationDirectory;
}

/** An allocation tells its problems itself, one by one, where the condition joins them. */
const TOLD_BY_ALLOCATION = "AllocationProblems";

/** Tells which problems of resources and allocations have come or gone since it was asked last, as lines for a terminal. */
export class ProblemNews {
  readonly #sources: ProblemSources;
  #told: ReadonlyMap<string, string> = new Map();

  constructor(sources: ProblemSources) {
    this.#sources = sources;
  }

  /** Undefined when nothing is new. */
  next(): string | undefined {
    const now = new Map([...this.#ofResources(), ...this.#ofAllocations()]);
    const lines = [
      ...[...now].filter(([what, message]) => this.#told.get(what) !== message).map(toProblem),
      ...[...this.#told.keys()].filter((what) => !now.has(what)).map((what) => `  solved    ${what}\n`),
    ];
    this.#told = now;
    return lines.length === 0 ? undefined : lines.join("");
  }

  *#ofResources(): Iterable<readonly [what: string, message: string]> {
    for (const { type, object } of this.#sources.cluster.objects()) {
      if (type.kind !== "OpenTelemetryCollector") continue;
      const { namespace = "", name } = object.metadata;
      const key = keyOf({ namespace, name });
      const warnings = warningsOf(withDefaults(object));
      if (warnings.length > 0) yield [`${key}: ConfigWarning`, warnings.join("; ")];
      const degraded = conditionsOf(object).find((condition) => condition.type === "Degraded");
      if (degraded?.status !== "True" || degraded.reason === TOLD_BY_ALLOCATION) continue;
      yield [`${key}: ${degraded.reason}`, degraded.message];
    }
  }

  *#ofAllocations(): Iterable<readonly [what: string, message: string]> {
    for (const { namespace, name, allocation } of this.#sources.directory.list()) {
      for (const { job, reason, message } of allocation.problems()) {
        yield [`${keyOf({ namespace, name })}${job === undefined ? "" : ` job ${job}`}: ${reason}`, message];
      }
    }
  }
}

function toProblem([what, message]: readonly [string, string]): string {
  return `  PROBLEM   ${what}: ${message}\n`;
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  const { status } = object as { readonly status?: { readonly conditions?: readonly Condition[] } };
  return status?.conditions ?? [];
}
