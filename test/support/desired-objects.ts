import { withTargetAllocatorDefaults } from "../../src/api/opentelemetry/default-target-allocator.ts";
import { withDefaults } from "../../src/api/opentelemetry/default.ts";
import type { OpenTelemetryCollector, OpenTelemetryCollectorSpec } from "../../src/api/opentelemetry/v1beta1.ts";
import { buildCollector } from "../../src/controllers/collector/build.ts";
import type { Manifest } from "../../src/controllers/manifests/manifest.ts";
import type { ManifestSettings } from "../../src/controllers/manifests/manifest-settings.ts";
import { buildAllocator } from "../../src/controllers/target-allocator/build.ts";
import { toAllocatorInput } from "../../src/controllers/target-allocator/to-allocator-input.ts";
import { collector, type CollectorOptions, receiving, SETTINGS } from "./collectors.ts";

/** A collector without an allocator that receives OTLP over gRPC. */
export const OTLP = {
  targetAllocator: { enabled: false },
  ...receiving({ otlp: { protocols: { grpc: {} } } }),
} satisfies Partial<OpenTelemetryCollectorSpec>;

/** An object whose spec is looked at. */
interface Desired extends Manifest {
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What is made for a collector, valid or not, and then for the TargetAllocator that it brings. */
export function desiredWithAllocator(
  given: OpenTelemetryCollector,
  settings: ManifestSettings = SETTINGS,
): readonly Manifest[] {
  const objects = buildCollector({ collector: withDefaults(given), settings });
  const allocators = objects.filter(({ kind }) => kind === "TargetAllocator");
  const theirs = allocators.flatMap((made) => {
    const allocator = withTargetAllocatorDefaults(made);
    return buildAllocator(toAllocatorInput({ allocator, attached: [given], settings }).input);
  });
  return [...objects, ...theirs];
}

/** What is made for `shop/main` with this spec, of one kind that has a spec. */
export function desiredOf(
  kind: string,
  spec: Partial<OpenTelemetryCollectorSpec>,
  metadata: NonNullable<CollectorOptions["metadata"]> = {},
): readonly Desired[] {
  const made = buildCollector({ collector: withDefaults(collector({ spec, metadata })), settings: SETTINGS });
  return made.filter((object): object is Desired => object.kind === kind);
}
