import { boolean, duration, freeForm, integer, list, object, text, textMap, texts, type Field } from "./field.ts";
import { envVars, labelSelector, resources, tolerations } from "./kubernetes-fields.ts";
import { observability, podDisruptionBudget } from "./workload-fields.ts";

/** How targets are found and spread: `spec.targetAllocator` of a collector. */

export const ALLOCATION_STRATEGIES = [
  "least-weighted",
  "consistent-hashing",
  "per-node",
  "rendezvous",
  "weighted",
  "zone-aware",
] as const;

const ALL_NAMESPACES = { default: {} };

const PROMETHEUS_CR: Field = object("Scrape jobs from the custom resources of the Prometheus operator.", {
  name: "PrometheusCRSpec",
  fields: {
    enabled: boolean("Watches ServiceMonitors, PodMonitors, Probes and ScrapeConfigs."),
    allowNamespaces: texts("Only these namespaces are looked at. Not together with `denyNamespaces`."),
    denyNamespaces: texts("All namespaces but these are looked at."),
    secretNamespaces: texts(
      "Namespaces whose Secrets are watched; in others they are read again every minute. Empty: wherever monitors refer to them.",
    ),
    denyFSAccessThroughSMs: boolean("Refuses jobs of monitors that name files of the collector's pod."),
    allowedFilePaths: texts("Files that they may name all the same; a directory when it ends in a slash."),
    scrapeInterval: duration("Interval of jobs that name none.", { default: "30s" }),
    evaluationInterval: duration("Evaluation interval of the generated configuration.", { default: "30s" }),
    scrapeProtocols: texts("Protocols that are offered to the targets, most wanted first."),
    scrapeClasses: list("Settings that monitors refer to by name.", freeForm("")),
    serviceMonitorSelector: labelSelector("Which ServiceMonitors count. Absent: none. `{}`: all."),
    podMonitorSelector: labelSelector("Which PodMonitors count. Absent: none. `{}`: all."),
    scrapeConfigSelector: labelSelector("Which ScrapeConfigs count. Absent: none. `{}`: all."),
    probeSelector: labelSelector("Which Probes count. Absent: none. `{}`: all."),
    serviceMonitorNamespaceSelector: labelSelector("In which namespaces ServiceMonitors count.", ALL_NAMESPACES),
    podMonitorNamespaceSelector: labelSelector("In which namespaces PodMonitors count.", ALL_NAMESPACES),
    scrapeConfigNamespaceSelector: labelSelector("In which namespaces ScrapeConfigs count.", ALL_NAMESPACES),
    probeNamespaceSelector: labelSelector("In which namespaces Probes count.", ALL_NAMESPACES),
  },
});

const certificateKeys = (description: string): Field =>
  object(description, {
    name: "CertificateReference",
    required: ["certificateSecret", "keySecret"],
    fields: { certificateSecret: keyReference("The certificate."), keySecret: keyReference("Its private key.") },
  });

const keyReference = (description: string): Field =>
  object(description, {
    name: "KeyReference",
    required: ["name"],
    fields: { name: text("Name of the Secret.", { minLength: 1 }), key: text("Key in it.") },
  });

const MTLS: Field = object("Mutual TLS between the collectors and the allocator.", {
  name: "MtlsSpec",
  fields: {
    enabled: boolean("Serves and asks over mutual TLS."),
    useCertManager: boolean(
      "Lets cert-manager issue the certificates. False: they are those of `tls`, or, without it, the operator issues them.",
      { default: true },
    ),
    tls: object("Certificates of one's own.", {
      name: "MtlsCertificates",
      fields: {
        certificateAuthorityCertificate: object("Who both sides trust: a Secret or a ConfigMap.", {
          name: "AuthorityReference",
          fields: {
            secret: keyReference("A Secret that holds it."),
            configMap: object("A ConfigMap that holds it.", {
              name: "ConfigMapKeyReference",
              required: ["name"],
              fields: {
                name: text("Name of the ConfigMap.", { minLength: 1 }),
                key: text("Key in it.", { default: "ca.crt" }),
              },
            }),
          },
        }),
        serverCertificate: certificateKeys("What the allocator shows."),
        clientCertificate: certificateKeys("What the collectors show."),
      },
    }),
  },
});

const RBAC: Field = object("What the allocator's account may do.", {
  name: "RbacSpec",
  fields: {
    create: boolean("Makes the roles that the allocator needs for its configuration, and binds them to its account."),
  },
});

const STRATEGY_SETTINGS: Field = object("How the allocation strategy does what it does; see docs/strategies.md.", {
  name: "StrategySettings",
  fields: {
    key: text("`rendezvous`: whether targets are hashed by address, or by the whole URL that is scraped.", {
      enum: ["address", "url"],
    }),
    weightLabels: texts(
      "`weighted`, `zone-aware`: discovered labels that say what a target weighs; the first that has a value counts.",
      { minItems: 1 },
    ),
    zoneLabels: texts(
      "`zone-aware`: discovered labels that say in which zone a target runs; the first that has a value counts.",
      { minItems: 1 },
    ),
    nodeZoneLabel: text(
      "`zone-aware`: the label of nodes by which collectors have zones. Absent means `topology.kubernetes.io/zone`.",
      { minLength: 1 },
    ),
    maxSkewPercent: integer(
      "`zone-aware`: how much more than the mean a collector may carry before its zone's targets go elsewhere. " +
        "Absent means 20.",
      { minimum: 0, maximum: 1000 },
    ),
    rebalanceAbovePercent: integer(
      "`least-weighted`, `weighted`, `zone-aware`: how uneven loads must be for moves to begin. Absent means 20.",
      { minimum: 1, maximum: 1000 },
    ),
    rebalanceToPercent: integer(
      "`least-weighted`, `weighted`, `zone-aware`: how uneven loads may be for moves to end. Absent means 5.",
      { minimum: 0, maximum: 1000 },
    ),
    maxMovesPerMinute: integer(
      "`least-weighted`, `weighted`, `zone-aware`: how many targets may be moved in any minute to even out loads. " +
        "Absent means 100, for `least-weighted` 0.",
      { minimum: 0, maximum: 1_000_000 },
    ),
  },
  rules: [
    {
      rule:
        "(has(self.rebalanceToPercent) ? self.rebalanceToPercent : 5) < " +
        "(has(self.rebalanceAbovePercent) ? self.rebalanceAbovePercent : 20)",
      message: "rebalanceToPercent (5 when absent) must be below rebalanceAbovePercent (20 when absent)",
    },
  ],
});

/** What a collector's own allocator and a standalone one are both told about targets. */
export const ALLOCATION_FIELDS: Readonly<Record<string, Field>> = {
  allocationStrategy: text("How targets are given to collectors.", {
    enum: ALLOCATION_STRATEGIES,
    default: "consistent-hashing",
  }),
  strategySettings: STRATEGY_SETTINGS,
  handover: text(
    "`acknowledged` keeps a target that moves in the share of its former owner until the new one has fetched it, at most two " +
      "refresh intervals: nobody misses it, and two scrape it for a while. Absent means `immediate`.",
    { enum: ["immediate", "acknowledged"] },
  ),
  filterStrategy: text(
    "`relabel-config` drops targets by their relabel rules before they are spread; empty does not.",
    {
      enum: ["", "relabel-config"],
      default: "relabel-config",
    },
  ),
  collectorNotReadyGracePeriod: duration("How long a collector that is not ready keeps its targets. `0s`: always.", {
    default: "30s",
  }),
  allowInsecureAuthSecrets: boolean("Hands out credentials over plain HTTP too."),
  prometheusCR: PROMETHEUS_CR,
  receivers: texts(
    "Ids of the collector's prometheus receivers that take their targets from the allocator, such as `prometheus/apps`. " +
      "Each gets the targets of its own jobs; those of `prometheusCR` go to the first. Absent: `prometheus`.",
    { minItems: 1 },
  ),
  unshardedJobs: texts(
    "Jobs of these receivers that stay in the collector's own configuration: every collector scrapes all of their targets.",
  ),
  mtls: MTLS,
  rbac: RBAC,
};

export const TARGET_ALLOCATOR: Field = object("Spreads the targets of the prometheus receiver over the collectors.", {
  name: "TargetAllocatorSpec",
  fields: {
    enabled: boolean("Runs an allocator for this collector."),
    replicas: integer("Number of allocator pods. Absent means 1."),
    ...ALLOCATION_FIELDS,
    collectorTargetReloadInterval: duration("How often each collector asks for its targets.", { default: "30s" }),
    serviceAccount: text("An existing ServiceAccount for the allocator. Empty means that the operator makes one."),
    image: text("Image of the allocator. Empty means the operator's own."),
    resources: resources("Resources of the allocator's container."),
    env: envVars("Environment of the allocator's container."),
    securityContext: freeForm("Security context of the allocator's container.", "core/v1 SecurityContext"),
    podSecurityContext: freeForm("Security context of the allocator's pods.", "core/v1 PodSecurityContext"),
    nodeSelector: textMap("Labels that a node must have to run the allocator."),
    tolerations: tolerations("Taints that the allocator tolerates."),
    affinity: freeForm("Affinity of the allocator's pods.", "core/v1 Affinity"),
    topologySpreadConstraints: list(
      "How the allocator's pods spread over the topology.",
      freeForm("", "core/v1 TopologySpreadConstraint"),
    ),
    podDisruptionBudget,
    observability,
  },
});
