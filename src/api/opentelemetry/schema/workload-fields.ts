import {
  boolean,
  freeForm,
  integer,
  intOrString,
  list,
  object,
  type ObjectField,
  text,
  textMap,
  texts,
  type Field,
} from "./field.ts";
import { envVars, named, resources, tolerations, volumeMounts } from "./kubernetes-fields.ts";

/** Fields of every resource that becomes a workload: the collector's and the standalone allocator's spec share them. */

const PORT: Field = object("", {
  name: "PortSpec",
  required: ["port"],
  kubernetesType: "core/v1 ServicePort",
  fields: {
    name: text("Name of the port in the Service and the container."),
    port: integer("Number of the port."),
    protocol: text("`TCP`, `UDP` or `SCTP`.", { default: "TCP" }),
    appProtocol: text("What is spoken on it, for service meshes and ingresses."),
    targetPort: intOrString("Port of the pods, when it is another one."),
    nodePort: integer("Port on every node, for Services of type NodePort."),
    hostPort: integer("Port of the node that leads to the container.", { minimum: 0, maximum: 65535 }),
  },
});

const CONTAINERS: Readonly<Record<string, Field>> = {
  args: textMap(
    "Flags of the process, as `--key=value`, sorted by key. The collector's `config` is set by the operator.",
  ),
  image: text("Image of the main container. Empty means the operator's default."),
  imagePullPolicy: text("`Always`, `IfNotPresent` or `Never`."),
  resources: resources("Resources of the main container."),
  securityContext: freeForm("Security context of the main container.", "core/v1 SecurityContext"),
  env: envVars("Environment of the main container. A variable given here wins over one that the operator sets."),
  envFrom: list("Sources of environment variables.", freeForm("", "core/v1 EnvFromSource")),
  volumeMounts: volumeMounts("Mounts of the main container, besides those of the operator."),
  ports: list("Ports besides those found in the configuration; these win over a found one of the same number.", PORT),
  lifecycle: freeForm("Hooks of the main container.", "core/v1 Lifecycle"),
  initContainers: named("Containers that run before.", "InitContainer", "core/v1 Container"),
  additionalContainers: named("Containers beside the main one.", "AdditionalContainer", "core/v1 Container"),
};

const POD: Readonly<Record<string, Field>> = {
  podAnnotations: textMap("Annotations of the pods only."),
  podSecurityContext: freeForm("Security context of the pods.", "core/v1 PodSecurityContext"),
  serviceAccount: text("An existing ServiceAccount for the pods. Empty means that the operator makes one."),
  volumes: named("Volumes of the pods, besides those of the operator.", "Volume", "core/v1 Volume"),
  nodeSelector: textMap("Labels that a node must have to run the pods."),
  tolerations: tolerations("Taints that the pods tolerate."),
  affinity: freeForm("Affinity of the pods.", "core/v1 Affinity"),
  topologySpreadConstraints: list(
    "How the pods spread over the topology. Not used for a DaemonSet.",
    freeForm("", "core/v1 TopologySpreadConstraint"),
  ),
  priorityClassName: text("PriorityClass of the pods."),
  terminationGracePeriodSeconds: integer("Seconds the pods get to stop.", { format: "int64" }),
  hostNetwork: boolean("The pods use the network of their node."),
  hostPID: boolean("The pods see the processes of their node."),
  hostUsers: boolean("False gives the pods a user namespace of their own."),
  hostAliases: list("Entries of the pods' hosts file.", freeForm("", "core/v1 HostAlias")),
  shareProcessNamespace: boolean("The containers of a pod see each other's processes."),
  dnsPolicy: text("DNS policy of the pods. Empty lets the operator choose by the other fields."),
  podDnsConfig: object("DNS settings of the pods.", {
    name: "PodDnsConfig",
    kubernetesType: "core/v1 PodDNSConfig",
    fields: { nameservers: texts("Name servers. With any of them the DNS policy becomes `None`.") },
  }),
};

const SERVICE: Readonly<Record<string, Field>> = {
  ipFamilies: texts("`IPv4`, `IPv6` or both, in order, for the Services."),
  ipFamilyPolicy: text("`SingleStack`, `PreferDualStack` or `RequireDualStack`.", { default: "SingleStack" }),
  trafficDistribution: text("Which endpoints of the Services are preferred, such as `PreferClose`."),
  sessionAffinity: text("`None` or `ClientIP`, for the Services."),
  sessionAffinityConfig: freeForm("Details of the session affinity.", "core/v1 SessionAffinityConfig"),
};

export const podDisruptionBudget: ObjectField = object("How many pods may be away in a voluntary disruption.", {
  name: "PodDisruptionBudgetSpec",
  fields: {
    minAvailable: intOrString("The least that must stay."),
    maxUnavailable: intOrString("The most that may be away."),
  },
});

export const observability: ObjectField = object("How it is observed itself.", {
  name: "ObservabilitySpec",
  fields: {
    metrics: object("Its metrics.", {
      name: "MetricsSpec",
      fields: {
        enableMetrics: boolean("Makes ServiceMonitors or PodMonitors for it, where the cluster has these kinds."),
        extraLabels: textMap("Labels added to those monitors."),
        disablePrometheusAnnotations: boolean("Leaves the `prometheus.io/*` annotations off the pods."),
      },
    }),
  },
});

export const networkPolicy: ObjectField = object("A NetworkPolicy for the pods.", {
  name: "NetworkPolicySpec",
  fields: { enabled: boolean("Makes it.") },
});

export const WORKLOAD_FIELDS: Readonly<Record<string, Field>> = {
  managementState: text("`unmanaged` makes the operator leave everything of this resource as it is.", {
    enum: ["managed", "unmanaged"],
    default: "managed",
  }),
  replicas: integer("Number of pods. Not used for a DaemonSet.", { default: 1 }),
  podDisruptionBudget,
  ...CONTAINERS,
  ...POD,
  ...SERVICE,
};
