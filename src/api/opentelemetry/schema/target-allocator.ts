import { ALLOCATION, CONDITION } from "./collector-status-fields.ts";
import {
  freeForm,
  integer,
  list,
  object,
  text,
  textMap,
  texts,
  type Field,
  type ObjectField,
  type PrinterColumn,
  type ResourceSchema,
} from "./field.ts";
import { labelSelector } from "./kubernetes-fields.ts";
import { ALLOCATION_COLUMNS, closingColumns } from "./printer-columns.ts";
import { ALLOCATION_FIELDS } from "./target-allocator-fields.ts";
import { networkPolicy, observability, WORKLOAD_FIELDS } from "./workload-fields.ts";

/** TargetAllocator v1alpha1: an allocator with a resource of its own, for a collector that names it. */

const SCRAPE_FIELDS: Readonly<Record<string, Field>> = {
  collectorSelector: labelSelector(
    "Pods of its namespace that are collectors, where there is no OpenTelemetryCollector for them. It must choose by " +
      "something. Absent: the pods of the OpenTelemetryCollectors whose label `opentelemetry.io/target-allocator` names it.",
  ),
  global: freeForm("The `global` section of a Prometheus configuration. Absent: that of the collector's receiver."),
  scrapeConfigs: list("Scrape jobs as Prometheus has them, besides those of the collector's receiver.", freeForm("")),
};

const WORKLOAD: Readonly<Record<string, Field>> = {
  ...WORKLOAD_FIELDS,
  replicas: integer("Number of pods.", { default: 1 }),
  args: textMap("Flags of the process, as `--key=value`, sorted by key."),
  ports: {
    ...(WORKLOAD_FIELDS["ports"] as Field),
    description: "Ports of the container, besides those of the allocator. Its Service does not have them.",
  },
  livenessProbe: freeForm("The liveness probe, instead of the operator's.", "core/v1 Probe"),
  readinessProbe: freeForm("The readiness probe, instead of the operator's.", "core/v1 Probe"),
};

const STATUS: ObjectField = object("What the operator has seen and done.", {
  name: "TargetAllocatorStatus",
  fields: {
    observedGeneration: integer("The generation of the spec that this status speaks of.", { format: "int64" }),
    version: text("Version of the operator that looks after it."),
    image: text("Image that the allocator runs."),
    readyReplicas: text("Ready allocator pods of those wanted, as `1/1`."),
    collectors: texts("Names of the OpenTelemetryCollectors that it serves, sorted."),
    allocation: ALLOCATION,
    conditions: list("How it goes.", CONDITION, { merge: { keys: ["type"] } }),
    appliedHash: text("Hash of the objects that were last applied, all of them. Saves writes after a restart."),
  },
});

const PRINTER_COLUMNS: readonly PrinterColumn[] = [
  {
    name: "Ready",
    type: "string",
    jsonPath: ".status.readyReplicas",
    description: "Ready of wanted pods",
  },
  ...ALLOCATION_COLUMNS,
  ...closingColumns("Image of the allocator"),
];

export const TARGET_ALLOCATOR_RESOURCE: ResourceSchema = {
  group: "opentelemetry.io",
  version: "v1alpha1",
  kind: "TargetAllocator",
  plural: "targetallocators",
  singular: "targetallocator",
  shortNames: [],
  description: "A target allocator: spreads scrape targets over the collectors that it serves.",
  spec: object("What is wanted.", {
    name: "TargetAllocatorResourceSpec",
    fields: { ...ALLOCATION_FIELDS, ...SCRAPE_FIELDS, ...WORKLOAD, observability, networkPolicy },
  }),
  status: STATUS,
  printerColumns: PRINTER_COLUMNS,
};
