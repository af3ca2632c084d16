import {
  boolean,
  freeForm,
  integer,
  list,
  object,
  text,
  textMap,
  texts,
  type Field,
  type PrinterColumn,
  type ResourceSchema,
  type Rule,
} from "./field.ts";
import { COLLECTOR_CONFIG } from "./collector-config-fields.ts";
import { COLLECTOR_STATUS } from "./collector-status-fields.ts";
import { probe } from "./kubernetes-fields.ts";
import { TARGET_ALLOCATOR } from "./target-allocator-fields.ts";
import { ALLOCATION_COLUMNS, closingColumns } from "./printer-columns.ts";
import { networkPolicy, observability, WORKLOAD_FIELDS } from "./workload-fields.ts";

/** OpenTelemetryCollector v1beta1: the storage version, and the form that the code works with. */

export const COLLECTOR_MODES = ["daemonset", "deployment", "sidecar", "statefulset"] as const;

const refusedInSidecar = (attribute: string, given: string): Rule => ({
  rule: `!has(self.mode) || self.mode != 'sidecar' || !has(self.${attribute}) || ${given}`,
  message: `the OpenTelemetry Collector mode is set to sidecar, which does not support the attribute '${attribute}'`,
});

const SIDECAR_RULES: readonly Rule[] = [
  refusedInSidecar("tolerations", "size(self.tolerations) == 0"),
  refusedInSidecar("priorityClassName", "size(self.priorityClassName) == 0"),
  refusedInSidecar("affinity", "false"),
  refusedInSidecar("additionalContainers", "size(self.additionalContainers) == 0"),
];

const EXPOSURE_FIELDS: Readonly<Record<string, Field>> = {
  ingress: object("An Ingress or Route for the receivers' ports.", {
    name: "IngressSpec",
    fields: {
      type: text("`ingress` or, on OpenShift, `route`.", { enum: ["ingress", "route"] }),
      ruleType: text("How ports are told apart: by path or by subdomain.", { enum: ["path", "subdomain"] }),
      hostname: text("Host name, or its parent with `subdomain`."),
      annotations: textMap("Annotations of the Ingress or Route."),
      tls: list("TLS of the Ingress.", freeForm("", "networking/v1 IngressTLS")),
      ingressClassName: text("IngressClass."),
      route: object("Details of a Route.", {
        name: "RouteSpec",
        fields: {
          termination: text("Where TLS ends.", { enum: ["insecure", "edge", "passthrough", "reencrypt"] }),
        },
      }),
    },
  }),
  httpRoute: object("HTTPRoutes of the Gateway API for the receivers' ports.", {
    name: "HttpRouteSpec",
    required: ["enabled", "gateway"],
    fields: {
      enabled: boolean("Makes them."),
      gateway: text("Name of the Gateway."),
      gatewayNamespace: text("Namespace of the Gateway. Empty means the collector's."),
      hostnames: texts("Host names."),
    },
  }),
  networkPolicy,
};

const AUTOSCALER: Field = object("A HorizontalPodAutoscaler for the collector, when `maxReplicas` is set.", {
  name: "AutoscalerSpec",
  fields: {
    minReplicas: integer("The least number of pods.", { minimum: 1 }),
    maxReplicas: integer("The greatest number of pods; without it there is no autoscaler.", { minimum: 1 }),
    targetCPUUtilization: integer("CPU use to aim at, in percent of the request.", { minimum: 1 }),
    targetMemoryUtilization: integer("Memory use to aim at, in percent of the request.", { minimum: 1 }),
    behavior: freeForm("How fast it scales.", "autoscaling/v2 HorizontalPodAutoscalerBehavior"),
    metrics: list("Further metrics to scale by.", freeForm("", "autoscaling/v2 MetricSpec")),
  },
});

const STATEFUL_SET_FIELDS: Readonly<Record<string, Field>> = {
  serviceName: text("Service that names the pods of a StatefulSet. Empty means the collector's headless one."),
  podManagementPolicy: text("How a StatefulSet starts and stops its pods. Empty means `Parallel`.", {
    enum: ["OrderedReady", "Parallel"],
  }),
  volumeClaimTemplates: list("Claims of a StatefulSet.", freeForm("", "core/v1 PersistentVolumeClaim")),
  persistentVolumeClaimRetentionPolicy: freeForm(
    "What becomes of the claims of a StatefulSet.",
    "apps/v1 StatefulSetPersistentVolumeClaimRetentionPolicy",
  ),
};

const SPEC_FIELDS: Readonly<Record<string, Field>> = {
  mode: text(
    "What the collectors run as. Empty means `deployment`. With `sidecar` nothing is injected into pods yet.",
    { enum: COLLECTOR_MODES },
  ),
  config: COLLECTOR_CONFIG,
  configVersions: integer("How many earlier configurations are kept as ConfigMaps beside the current one.", {
    default: 3,
    minimum: 1,
  }),
  targetAllocator: TARGET_ALLOCATOR,
  ...WORKLOAD_FIELDS,
  command: texts("Entry point of the container, instead of the image's.", { minItems: 1 }),
  configmaps: list(
    "Further ConfigMaps, mounted below `/var/conf`.",
    object("", {
      name: "ConfigMapMount",
      required: ["mountpath", "name"],
      fields: { name: text("Name of the ConfigMap."), mountpath: text("Folder below `/var/conf`.") },
    }),
  ),
  livenessProbe: probe("Numbers of the liveness probe, which asks the health_check extension."),
  readinessProbe: probe("Numbers of the readiness probe, which asks the health_check extension."),
  startupProbe: probe("Numbers of the startup probe, which asks the health_check extension."),
  autoscaler: AUTOSCALER,
  observability,
  daemonSetUpdateStrategy: freeForm("How a DaemonSet replaces pods.", "apps/v1 DaemonSetUpdateStrategy"),
  deploymentUpdateStrategy: freeForm("How a Deployment replaces pods.", "apps/v1 DeploymentStrategy"),
  ...STATEFUL_SET_FIELDS,
  ...EXPOSURE_FIELDS,
  upgradeStrategy: text("`none` keeps the operator from adapting the configuration to newer collectors.", {
    enum: ["automatic", "none"],
  }),
};

const PRINTER_COLUMNS: readonly PrinterColumn[] = [
  { name: "Mode", type: "string", jsonPath: ".spec.mode", description: "What the collectors run as" },
  { name: "Version", type: "string", jsonPath: ".status.version", description: "Version of the collector" },
  { name: "Ready", type: "string", jsonPath: ".status.scale.statusReplicas", description: "Ready of wanted pods" },
  ...ALLOCATION_COLUMNS,
  {
    name: "Allocation",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="TargetsAllocated")].reason',
    description: "How the spread of targets goes",
  },
  ...closingColumns("Image of the collectors"),
];

export const OPENTELEMETRY_COLLECTOR: ResourceSchema = {
  group: "opentelemetry.io",
  version: "v1beta1",
  kind: "OpenTelemetryCollector",
  plural: "opentelemetrycollectors",
  singular: "opentelemetrycollector",
  shortNames: ["otelcol", "otelcols"],
  description: "OpenTelemetry Collectors that the operator runs, and how scrape targets are spread over them.",
  spec: object("What is wanted.", {
    name: "OpenTelemetryCollectorSpec",
    required: ["config"],
    fields: SPEC_FIELDS,
    rules: SIDECAR_RULES,
  }),
  status: COLLECTOR_STATUS,
  printerColumns: PRINTER_COLUMNS,
  scale: {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.scale.replicas",
    labelSelectorPath: ".status.scale.selector",
  },
};
