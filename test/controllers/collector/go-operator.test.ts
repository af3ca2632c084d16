import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

import type { KubeObject } from "../../../src/api/meta.ts";
import type { DefaultedTargetAllocator } from "../../../src/api/opentelemetry/default-target-allocator.ts";
import { withOperatorDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { FreeForm, OpenTelemetryCollector } from "../../../src/api/opentelemetry/v1beta1.ts";
import { buildCollector } from "../../../src/controllers/collector/build.ts";
import { buildAllocator } from "../../../src/controllers/target-allocator/build.ts";
import { toAllocatorInput } from "../../../src/controllers/target-allocator/to-allocator-input.ts";
import { SETTINGS } from "../../support/collectors.ts";

const TESTDATA = join(import.meta.dirname, "../testdata/go-operator");

/** Where the objects differ by design. Each takes our value away, and fails when it is not what it should be. */
const DIFFERENCES: readonly Difference[] = [
  {
    reason: "the recording tool stops before owners are set",
    where: () => true,
    remove: ({ metadata, ...rest }) => {
      const { ownerReferences, ...others } = metadata;
      expect(ownerReferences).toHaveLength(1);
      return { ...rest, metadata: others };
    },
  },
  {
    reason: "one image holds operator and allocator, so the allocator's argument says what runs",
    where: isAllocatorDeployment,
    remove: (object) =>
      withContainer(object, ({ args, ...container }) => {
        expect(args).toEqual(["target-allocator"]);
        return container;
      }),
  },
  {
    reason:
      "the recording tool finds no API server, and the Go operator then lets the allocator reach port 0; here nothing is " +
      "said of where it may connect to when it is not known where the API server is",
    where: ({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name.endsWith("-targetallocator-networkpolicy"),
    remove: (object) => {
      const { policyTypes, ...spec } = (object as KubeObject & { readonly spec: FreeForm }).spec;
      expect(policyTypes).toEqual(["Ingress"]);
      const egress = [{ ports: [{ port: 0, protocol: "TCP" }] }];
      return { ...object, spec: { ...spec, policyTypes: ["Ingress", "Egress"], egress } } as KubeObject;
    },
  },
];

interface Difference {
  readonly reason: string;
  readonly where: (object: KubeObject) => boolean;
  readonly remove: (object: KubeObject) => KubeObject;
}

function isAllocatorDeployment({ kind, metadata }: KubeObject): boolean {
  return kind === "Deployment" && metadata.name.endsWith("-targetallocator");
}

interface Workload extends KubeObject {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly FreeForm[] } } };
}

function withContainer(object: KubeObject, change: (container: FreeForm) => FreeForm): KubeObject {
  const { spec } = object as Workload;
  const { template } = spec;
  const containers = template.spec.containers.map(change);
  return {
    ...object,
    spec: { ...spec, template: { ...template, spec: { ...template.spec, containers } } },
  } as KubeObject;
}

/** Without what Go writes for fields that nobody has set. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key, withoutZeros(member)] as const)
    .filter(([key, member]) => !isZero(key, member));
  return Object.fromEntries(entries);
}

function isZero(key: string, value: unknown): boolean {
  if (key === "targetPort" || key === "divisor") return value === 0 || value === "0";
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function byName(objects: readonly unknown[]): Readonly<Record<string, unknown>> {
  const named = (objects as readonly KubeObject[]).map((one) => [
    `${one.kind} ${one.metadata.name}`,
    withoutZeros(one),
  ]);
  return Object.fromEntries(named) as Readonly<Record<string, unknown>>;
}

function recorded(name: string): readonly KubeObject[] {
  const documents = parseAllDocuments(readFileSync(join(TESTDATA, name, "want.yaml"), "utf8"));
  // An error stands in the document of the resource whose objects were not to be had.
  const objects = documents.map((document) => document.toJS() as KubeObject & { readonly error?: string });
  return objects
    .filter(({ kind }) => kind !== undefined && kind !== "OpenTelemetryCollector")
    .map(({ error: _error, ...object }) => object);
}

function inputOf(name: string): unknown {
  return parse(readFileSync(join(TESTDATA, name, "input.yaml"), "utf8"));
}

function withoutDifferences(object: KubeObject): KubeObject {
  return DIFFERENCES.filter(({ where }) => where(object)).reduce((left, { remove }) => remove(left), object);
}

/** The Go operator refuses this resource for a reason of its API server's defaults; it recorded the collector's part. */
const COLLECTOR_PART_ONLY: ReadonlySet<string> = new Set(["sts-promcr"]);

/** The tool that recorded these knows no defaults of API servers, so there are none here. */
function buildAllocatorOf(
  allocator: DefaultedTargetAllocator,
  collector?: OpenTelemetryCollector,
): readonly KubeObject[] {
  const attached = collector === undefined ? [] : [collector];
  const { input, problems } = toAllocatorInput({ allocator, attached, settings: SETTINGS });
  expect(problems).toEqual([]);
  return buildAllocator(input);
}

describe("the objects of a collector and of its TargetAllocator are those of the Go operator", () => {
  const cases = readdirSync(TESTDATA).filter((name) => name !== "ta-standalone");

  it.each(cases)("%s", (name) => {
    const given = inputOf(name) as OpenTelemetryCollector;
    const collector = withOperatorDefaults({ ...given, metadata: { ...given.metadata, uid: "uid" } });
    const own = buildCollector({ collector, settings: SETTINGS });
    const allocators = own.filter(({ kind }) => kind === "TargetAllocator") as readonly KubeObject[];
    const theirs = allocators.flatMap((allocator) =>
      buildAllocatorOf(allocator as DefaultedTargetAllocator, collector),
    );
    const built = [...own, ...(COLLECTOR_PART_ONLY.has(name) ? [] : theirs)].map((object) =>
      withoutDifferences(object),
    );
    expect(byName(built)).toEqual(byName(recorded(name)));
  });
});

describe("the objects of an allocator are those of the Go operator", () => {
  it("ta-standalone", () => {
    const allocator = inputOf("ta-standalone") as DefaultedTargetAllocator;
    const built = buildAllocatorOf(allocator).map((object) => withoutDifferences(object));
    expect(byName(built)).toEqual(byName(recorded("ta-standalone")));
  });
});
