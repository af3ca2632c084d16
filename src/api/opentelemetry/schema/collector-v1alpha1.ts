import { OPENTELEMETRY_COLLECTOR } from "./collector.ts";
import { COLLECTOR_STATUS } from "./collector-status-fields.ts";
import { boolean, integer, object, text, textMap, texts, type Field, type ResourceSchema } from "./field.ts";
import { TARGET_ALLOCATOR } from "./target-allocator-fields.ts";

/** OpenTelemetryCollector v1alpha1: what manifests from before v1beta1 say. Described by how it differs from that. */

type Fields = Readonly<Record<string, Field>>;

function fieldsOf(field: Field | undefined): Fields {
  if (field?.type !== "object") throw new Error("no object with fields");
  return field.fields;
}

function pick(fields: Fields, names: string): Fields {
  return Object.fromEntries(names.split(" ").map((name) => [name, fieldOf(fields, name)]));
}

function fieldOf(fields: Fields, name: string): Field {
  const field = fields[name];
  if (field === undefined) throw new Error(`v1beta1 has no field ${name}`);
  return withoutBounds(field);
}

/** v1alpha1 never had bounds: what was stored beyond them must still be read. */
function withoutBounds(field: Field): Field {
  switch (field.type) {
    case "integer": {
      const { minimum: _minimum, maximum: _maximum, ...rest } = field;
      return rest;
    }
    case "list":
      return { ...field, items: withoutBounds(field.items) };
    case "object": {
      const fields = Object.entries(field.fields).map(([name, child]) => [name, withoutBounds(child)] as const);
      return { ...field, fields: Object.fromEntries(fields) };
    }
    case "map":
    case "string":
    case "boolean":
    case "int-or-string":
    case "free-form":
      return field;
  }
}

const SPEC = fieldsOf(OPENTELEMETRY_COLLECTOR.spec);
const ALLOCATOR = fieldsOf(TARGET_ALLOCATOR);

const OBSERVABILITY: Field = object("How it is observed itself.", {
  name: "ObservabilitySpec",
  fields: {
    metrics: object("Its metrics.", {
      name: "MetricsSpec",
      fields: {
        enableMetrics: boolean("Makes ServiceMonitors or PodMonitors for it."),
        DisablePrometheusAnnotations: boolean("Leaves the `prometheus.io/*` annotations off the pods."),
      },
    }),
  },
});

const PROMETHEUS_CR: Field = object("Scrape jobs from the custom resources of the Prometheus operator.", {
  name: "PrometheusCRSpec",
  fields: {
    ...pick(fieldsOf(ALLOCATOR["prometheusCR"]), "enabled denyFSAccessThroughSMs scrapeInterval scrapeClasses"),
    podMonitorSelector: textMap("Labels of the PodMonitors that count. Absent: all count."),
    serviceMonitorSelector: textMap("Labels of the ServiceMonitors that count. Absent: all count."),
  },
});

const TARGET_ALLOCATOR_FIELDS: Fields = {
  ...pick(ALLOCATOR, "enabled replicas allocationStrategy"),
  filterStrategy: text("`relabel-config` drops targets by their relabel rules; anything else does not.", {
    default: "relabel-config",
  }),
  prometheusCR: PROMETHEUS_CR,
  ...pick(
    ALLOCATOR,
    "serviceAccount image resources env securityContext podSecurityContext nodeSelector tolerations affinity " +
      "topologySpreadConstraints podDisruptionBudget",
  ),
  observability: OBSERVABILITY,
};

const SPEC_FIELDS: Fields = {
  ...pick(SPEC, "mode"),
  config: text("Configuration of the collector, as the text of a YAML document."),
  targetAllocator: object("Spreads the targets of the prometheus receiver over the collectors.", {
    name: "TargetAllocatorSpec",
    fields: TARGET_ALLOCATOR_FIELDS,
  }),
  ...pick(SPEC, "managementState replicas autoscaler"),
  minReplicas: integer("Deprecated: `autoscaler.minReplicas`, which wins."),
  maxReplicas: integer("Deprecated: `autoscaler.maxReplicas`, which wins."),
  ...pick(
    SPEC,
    "podDisruptionBudget args image imagePullPolicy resources securityContext env envFrom volumeMounts ports lifecycle " +
      "initContainers additionalContainers podAnnotations podSecurityContext serviceAccount volumes nodeSelector " +
      "tolerations affinity topologySpreadConstraints priorityClassName terminationGracePeriodSeconds hostNetwork " +
      "shareProcessNamespace trafficDistribution configmaps livenessProbe",
  ),
  observability: OBSERVABILITY,
  updateStrategy: fieldOf(SPEC, "daemonSetUpdateStrategy"),
  ...pick(SPEC, "deploymentUpdateStrategy serviceName volumeClaimTemplates ingress upgradeStrategy"),
};

const STATUS_FIELDS: Fields = {
  ...pick(COLLECTOR_STATUS.fields, "version image scale"),
  messages: texts("Deprecated: nothing writes it any more."),
  replicas: integer("Deprecated: `scale.replicas`."),
};

/** Columns that v1alpha1's own fields fill. */
const COLUMNS = new Set(["Mode", "Version", "Ready", "Age", "Image", "Management"]);

export const OPENTELEMETRY_COLLECTOR_V1ALPHA1: ResourceSchema = {
  ...OPENTELEMETRY_COLLECTOR,
  version: "v1alpha1",
  description: "OpenTelemetry Collectors that the operator runs, as they were described before v1beta1.",
  deprecationWarning: "OpenTelemetryCollector v1alpha1 is deprecated. Migrate to v1beta1.",
  spec: object("What is wanted.", {
    name: "OpenTelemetryCollectorSpec",
    required: ["config", "managementState"],
    fields: SPEC_FIELDS,
  }),
  status: object("What the operator has seen and done.", {
    name: "OpenTelemetryCollectorStatus",
    fields: STATUS_FIELDS,
  }),
  printerColumns: OPENTELEMETRY_COLLECTOR.printerColumns.filter(({ name }) => COLUMNS.has(name)),
};
