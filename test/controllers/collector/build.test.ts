import { describe, expect, it } from "@jest/globals";

import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { FreeForm, OpenTelemetryCollectorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { buildCollector } from "../../../src/controllers/collector/build.ts";
import type { Manifest } from "../../../src/controllers/manifests/manifest.ts";
import type { ManifestSettings } from "../../../src/controllers/manifests/manifest-settings.ts";
import { readTargetAllocatorFile } from "../../../src/options/target-allocator-file.ts";
import { collector, receiving, RICH_SPEC, SETTINGS } from "../../support/collectors.ts";
import { desiredWithAllocator } from "../../support/desired-objects.ts";

type Spec = Partial<OpenTelemetryCollectorSpec>;

function build(spec: Spec = {}, settings: Partial<ManifestSettings> = {}): readonly Manifest[] {
  return desiredWithAllocator(collector({ spec }), { ...SETTINGS, ...settings });
}

function ids(objects: readonly Manifest[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`.replace(/-[0-9a-f]{8}$/, "-HASH"));
}

/** The object of this kind whose name ends so. */
function find(objects: readonly Manifest[], kind: string, end: string): FreeForm {
  const found = objects.find((object) => object.kind === kind && object.metadata.name.endsWith(end));
  if (found === undefined) throw new Error(`no ${kind} *${end} among ${ids(objects).join(", ")}`);
  return found;
}

/** The pod template of the workload whose name ends so. */
function templateOf(objects: readonly Manifest[], end = "-collector"): Manifest & { readonly spec: FreeForm } {
  const kind = objects.find(
    (object) => /Set$|Deployment/.test(object.kind) && object.metadata.name.endsWith(end),
  )?.kind;
  const { spec } = find(objects, kind ?? "workload", end) as { readonly spec: { readonly template: unknown } };
  return spec.template as Manifest & { readonly spec: FreeForm };
}

function podSpec(objects: readonly Manifest[], end?: string): FreeForm {
  return templateOf(objects, end).spec;
}

function container(objects: readonly Manifest[], end = "-collector"): FreeForm {
  return (podSpec(objects, end)["containers"] as readonly FreeForm[])[0] ?? {};
}

function configText(objects: readonly Manifest[]): string {
  const configMaps = objects.filter(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name.includes("-collector-"),
  );
  const { data } = find(configMaps, "ConfigMap", "");
  return (data as Readonly<Record<string, string>>)["collector.yaml"] ?? "";
}

const OTLP = {
  targetAllocator: { enabled: false },
  ...receiving({ otlp: { protocols: { grpc: {} } } }),
} satisfies Spec;

describe("buildCollector", () => {
  it.each<{ name: string; spec: Spec; want: readonly string[] }>([
    {
      name: "a StatefulSet with an allocator, what pods need before the pods",
      spec: {},
      want: [
        "ConfigMap main-collector-HASH",
        "ServiceAccount main-collector",
        "Service main-collector-monitoring",
        "NetworkPolicy main-collector-networkpolicy",
        "TargetAllocator main",
        "StatefulSet main-collector",
        "PodDisruptionBudget main-collector",
        "ConfigMap main-targetallocator",
        "Deployment main-targetallocator",
        "ServiceAccount main-targetallocator",
        "Service main-targetallocator",
        "PodDisruptionBudget main-targetallocator",
        "NetworkPolicy main-targetallocator-networkpolicy",
      ],
    },
    {
      name: "a Deployment that receives",
      spec: { ...OTLP, mode: "deployment" },
      want: [
        "ConfigMap main-collector-HASH",
        "ServiceAccount main-collector",
        "Service main-collector",
        "Service main-collector-headless",
        "Service main-collector-monitoring",
        "NetworkPolicy main-collector-networkpolicy",
        "Deployment main-collector",
        "PodDisruptionBudget main-collector",
      ],
    },
    {
      name: "a sidecar",
      spec: { ...OTLP, mode: "sidecar" },
      want: ["ConfigMap main-collector-HASH", "ServiceAccount main-collector"],
    },
    {
      name: "accounts of others",
      spec: { serviceAccount: "mine", targetAllocator: { enabled: true, serviceAccount: "theirs" } },
      want: [
        "ConfigMap main-collector-HASH",
        "Service main-collector-monitoring",
        "NetworkPolicy main-collector-networkpolicy",
        "TargetAllocator main",
        "StatefulSet main-collector",
        "PodDisruptionBudget main-collector",
        "ConfigMap main-targetallocator",
        "Deployment main-targetallocator",
        "Service main-targetallocator",
        "PodDisruptionBudget main-targetallocator",
        "NetworkPolicy main-targetallocator-networkpolicy",
      ],
    },
  ])("makes the objects of $name", ({ spec, want }) => {
    expect(ids(build(spec))).toEqual(want);
  });

  it("makes a Deployment with an allocator, which the Go operator refuses", () => {
    expect(ids(build({ mode: "deployment" }))).toEqual(
      expect.arrayContaining(["Deployment main-collector", "Deployment main-targetallocator"]),
    );
  });

  it("makes the same, byte for byte, of the same", () => {
    expect(JSON.stringify(build({ ...RICH_SPEC }))).toBe(JSON.stringify(build({ ...RICH_SPEC })));
  });
});

describe("the collector's container", () => {
  it("gets its arguments sorted, the configuration first and only from us", () => {
    expect(container(build({ ...RICH_SPEC }))["args"]).toEqual(["--config=/conf/collector.yaml", "--feature-gates=-a"]);
  });

  it("gets our variables behind the user's, whose own win", () => {
    const names = (container(build({ ...RICH_SPEC }))["env"] as readonly FreeForm[]).map(({ name }) => name);
    expect(names).toEqual(["EMPTY", "POD_NAME", "NODE", "GOMEMLIMIT", "GOMAXPROCS"]);
  });

  it.each([
    {
      name: "its configuration names the shard",
      named: "${env:SHARD}",
      targetAllocator: { enabled: true },
      want: ["0"],
    },
    { name: "nothing names it", named: "NO_SHARD_OF_OURS", targetAllocator: { enabled: true }, want: [] },
    { name: "there is no allocator", named: "${env:SHARD}", targetAllocator: { enabled: false }, want: [] },
  ])("is shard 0 or none, when $name", ({ named, targetAllocator, want }) => {
    const rule = { source_labels: ["__tmp_hash"], regex: named, action: "keep" };
    const scrape_configs = [{ job_name: "shop", relabel_configs: [rule] }];
    const spec = { ...receiving({ prometheus: { config: { scrape_configs } } }), targetAllocator };
    const env = container(build(spec))["env"] as readonly FreeForm[];
    expect(env.filter(({ name }) => name === "SHARD").map(({ value }) => value)).toEqual(want);
  });

  it("reaches the outside by the operator's proxies, as the allocator's does, but for what the user says", () => {
    const proxies = { httpProxy: "", httpsProxy: "http://proxy:3128", noProxy: ".svc" };
    const ours = [
      { name: "HTTPS_PROXY", value: "http://proxy:3128" },
      { name: "https_proxy", value: "http://proxy:3128" },
      { name: "NO_PROXY", value: ".svc" },
      { name: "no_proxy", value: ".svc" },
    ];
    for (const end of ["-collector", "-targetallocator"]) {
      const env = container(build({}, { proxies }), end)["env"] as readonly FreeForm[];
      expect(env.filter(({ name }) => /proxy/i.test(String(name)))).toEqual(ours);
    }
    const given = { name: "NO_PROXY", value: "mine" };
    const env = container(build({ env: [given] }, { proxies }))["env"] as readonly FreeForm[];
    expect(env.filter(({ name }) => name === "NO_PROXY")).toEqual([given]);
  });

  it("knows its node when it asks the kubelet", () => {
    const env = container(build({ ...OTLP, ...receiving({ kubeletstats: {} }) }))["env"];
    expect(env).toContainEqual({ name: "K8S_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } });
  });

  it("is probed through the health_check extension, with the user's numbers", () => {
    const { livenessProbe, readinessProbe } = container(build({ ...RICH_SPEC }));
    expect(livenessProbe).toEqual({ httpGet: { path: "/", port: 13133 }, initialDelaySeconds: 3 });
    expect(readinessProbe).toEqual({ httpGet: { path: "/", port: 13133 } });
  });

  it("is not probed without it", () => {
    expect(container(build())).not.toHaveProperty("livenessProbe");
  });

  it("opens the ports of spec and configuration, sorted by name", () => {
    const ports = container(
      build({
        ...OTLP,
        ports: [
          { name: "a", port: 4317 },
          { name: "metrics", port: 9000, hostPort: 9 },
        ],
      }),
    )["ports"];
    expect(ports).toEqual([
      { name: "a", containerPort: 4317, protocol: "TCP" },
      { name: "metrics", containerPort: 9000, protocol: "TCP", hostPort: 9 },
      { name: "port-8888", containerPort: 8888, protocol: "TCP" },
    ]);
  });

  it("mounts further ConfigMaps below /var/conf", () => {
    const objects = build({ configmaps: [{ name: "Extra.One", mountpath: "x/" }] });
    expect(container(objects)["volumeMounts"]).toContainEqual({
      name: "configmap-extra-one",
      mountPath: "/var/conf/x/configmap-extra-one",
    });
    expect(podSpec(objects)["volumes"]).toContainEqual({
      name: "configmap-extra-one",
      configMap: { name: "Extra.One" },
    });
  });
});

describe("pods", () => {
  it.each<{ name: string; spec: Spec; want: string }>([
    { name: "what is asked for", spec: { dnsPolicy: "Default", hostNetwork: true }, want: "Default" },
    {
      name: "none with name servers",
      spec: { podDnsConfig: { nameservers: ["1.1.1.1"] }, hostNetwork: true },
      want: "None",
    },
    { name: "the cluster's on the host's network", spec: { hostNetwork: true }, want: "ClusterFirstWithHostNet" },
    { name: "the cluster's", spec: {}, want: "ClusterFirst" },
  ])("have as DNS policy $name", ({ spec, want }) => {
    expect(podSpec(build(spec))["dnsPolicy"]).toBe(want);
  });

  it("spread over the topology, but in a DaemonSet", () => {
    const topologySpreadConstraints = [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }];
    expect(podSpec(build({ ...OTLP, topologySpreadConstraints }))).toHaveProperty("topologySpreadConstraints");
    expect(podSpec(build({ ...OTLP, mode: "daemonset", topologySpreadConstraints }))).not.toHaveProperty(
      "topologySpreadConstraints",
    );
  });

  it("have further containers behind the collector's", () => {
    const names = (podSpec(build({ ...RICH_SPEC }))["containers"] as readonly FreeForm[]).map(({ name }) => name);
    expect(names).toEqual(["otc-container", "beside"]);
  });

  it.each<{ name: string; spec: Spec; want: number }>([
    { name: "as many as asked for", spec: { replicas: 4 }, want: 4 },
    { name: "none if asked for none", spec: { replicas: 0 }, want: 0 },
    { name: "as many as an autoscaler needs at least", spec: { replicas: 1, autoscaler: { minReplicas: 3 } }, want: 3 },
  ])("are $name", ({ spec, want }) => {
    expect(find(build({ ...OTLP, ...spec }), "StatefulSet", "-collector")["spec"]).toMatchObject({
      replicas: want,
    });
  });
});

describe("Services", () => {
  it("of a DaemonSet stay on the node", () => {
    const objects = build({ ...OTLP, mode: "daemonset" });
    expect(find(objects, "Service", "main-collector")["spec"]).toMatchObject({ internalTrafficPolicy: "Local" });
  });

  it("without cluster address lead to every pod", () => {
    const service = find(build(OTLP), "Service", "-headless");
    expect(service["spec"]).toMatchObject({
      clusterIP: "None",
      ports: [expect.objectContaining({ name: "otlp-grpc" })],
    });
    expect(service["metadata"]).toMatchObject({
      annotations: { "service.beta.openshift.io/serving-cert-secret-name": "main-collector-headless-tls" },
    });
  });

  it("of extensions are apart", () => {
    expect(find(build({ ...RICH_SPEC }), "Service", "-extension")["spec"]).toMatchObject({
      ports: [{ name: "health-check", port: 13133 }],
    });
  });

  it("show metrics on the port that the configuration names", () => {
    const { config } = receiving({ otlp: {} });
    const telemetry = { metrics: { address: "0.0.0.0:9999" } };
    const objects = build({ ...OTLP, config: { ...config, service: { ...config.service, telemetry } } });
    expect(find(objects, "Service", "-monitoring")["spec"]).toMatchObject({
      ports: [{ name: "monitoring", port: 9999 }],
    });
  });

  it("put the ports of the spec first and leave the pod's host port out", () => {
    const objects = build({ ...OTLP, ports: [{ name: "z", port: 1, hostPort: 2 }] });
    expect(find(objects, "Service", "main-collector")["spec"]).toMatchObject({
      ports: [{ name: "z", port: 1 }, expect.objectContaining({ name: "otlp-grpc" })],
    });
  });

  it("name gRPC so that an OpenShift route understands it", () => {
    const objects = build({ ...OTLP, ingress: { type: "route" } });
    expect(find(objects, "Service", "main-collector")["spec"]).toMatchObject({ ports: [{ appProtocol: "h2c" }] });
  });
});

function annotationsOf(
  spec: Spec,
  annotations: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const made = buildCollector({
    collector: withDefaults(collector({ spec, metadata: { annotations } })),
    settings: SETTINGS,
  });
  return templateOf(made).metadata.annotations ?? {};
}

describe("annotations of pods", () => {
  it("let a Prometheus find them, and say that this was added", () => {
    expect(annotationsOf({})).toMatchObject({
      "prometheus.io/scrape": "true",
      "operator.opentelemetry.io/prometheus-annotations-added": "true",
    });
  });

  it("do not, when that is switched off", () => {
    const spec = { observability: { metrics: { disablePrometheusAnnotations: true } } };
    expect(Object.keys(annotationsOf(spec))).toEqual(["opentelemetry-operator-config/sha256"]);
  });

  it("take the pods' own before the resource's, and neither of what is filtered", () => {
    const filtered = "kubectl.kubernetes.io/last-applied-configuration";
    const annotations = annotationsOf(
      { podAnnotations: { a: "pod" } },
      { a: "resource", b: "resource", [filtered]: "x" },
    );
    expect(annotations).toMatchObject({ a: "pod", b: "resource" });
    expect(annotations).not.toHaveProperty([filtered]);
  });
});

describe("the allocator", () => {
  it("is asked at its Service, or at the operator", () => {
    expect(configText(build())).toContain("endpoint: http://main-targetallocator:80\n");
    const settings = { collectorEndpoint: "operator", operatorUrl: "http://operator:8080" } as const;
    expect(configText(build({}, settings))).toContain(
      "endpoint: http://operator:8080/namespaces/shop/opentelemetrycollectors/main\n",
    );
  });

  it("is asked as often as the resource says, in Go's spelling", () => {
    const targetAllocator = { enabled: true, collectorTargetReloadInterval: "90s" };
    expect(configText(build({ targetAllocator }))).toContain("interval: 1m30s\n");
  });

  it("runs the operator's image with its own argument, unless the resource names an image", () => {
    expect(container(build(), "-targetallocator")).toMatchObject({
      image: "target-allocator:0.0.1",
      args: ["target-allocator"],
    });
    const targetAllocator = { enabled: true, image: "mine:1" };
    expect(container(build({ targetAllocator }), "-targetallocator")["image"]).toBe("mine:1");
  });

  it("reads everything that the resource says about Prometheus resources", () => {
    const prometheusCR = {
      enabled: true,
      scrapeInterval: "1m",
      allowNamespaces: ["a"],
      denyFSAccessThroughSMs: true,
      allowedFilePaths: ["/var/run/secrets/kubernetes.io/serviceaccount/"],
      serviceMonitorSelector: { matchExpressions: [{ key: "k", operator: "Exists" }] },
    };
    const objects = build({ targetAllocator: { enabled: true, prometheusCR } });
    const { data } = find(objects, "ConfigMap", "-targetallocator");
    const text = (data as Readonly<Record<string, string>>)["targetallocator.yaml"] ?? "";
    expect(text).toContain("  scrape_interval: 1m0s\n");
    expect(text).toContain("  allow_namespaces:\n  - a\n");
    expect(text).toContain("  deny_fs_access_through_sms: true\n");
    expect(text).toContain("  allowed_file_paths:\n  - /var/run/secrets/kubernetes.io/serviceaccount/\n");
    expect(text).toContain("  pod_monitor_selector: null\n");
    expect(text).toContain("  pod_monitor_namespace_selector:\n    matchlabels: {}\n    matchexpressions: []\n");
    expect(text).toContain("    matchexpressions:\n    - key: k\n      operator: Exists\n      values: []\n");
  });

  it("has the settings of strategies in its file, as the target allocator reads them", () => {
    const allocatorFile = (targetAllocator: NonNullable<Spec["targetAllocator"]>): string => {
      const { data } = find(build({ targetAllocator }), "ConfigMap", "-targetallocator");
      return (data as Readonly<Record<string, string>>)["targetallocator.yaml"] ?? "";
    };
    const strategySettings = {
      key: "url",
      weightLabels: ["__meta_weight"],
      zoneLabels: ["rack"],
      nodeZoneLabel: "example.com/rack",
      maxSkewPercent: 30,
      rebalanceAbovePercent: 40,
      rebalanceToPercent: 10,
      maxMovesPerMinute: 0,
    } as const;
    const text = allocatorFile({ enabled: true, allocationStrategy: "zone-aware", strategySettings });
    expect(readTargetAllocatorFile(text)).toMatchObject({
      allocationStrategy: "zone-aware",
      strategySettings: {
        strategy: {
          key: "url",
          weightLabels: ["__meta_weight"],
          zoneLabels: ["rack"],
          maxSkew: 1.3,
          evening: { above: 1.4, to: 1.1 },
        },
        nodeZoneLabel: "example.com/rack",
        maxMovesPerMinute: 0,
      },
    });
    expect(readTargetAllocatorFile(text).strategySettings.given).toHaveLength(Object.keys(strategySettings).length);
    for (const empty of [{ enabled: true }, { enabled: true, strategySettings: {} }]) {
      expect(allocatorFile(empty)).not.toContain("allocation_strategy_settings");
    }
  });

  it("is restarted by a changed configuration", () => {
    const hashes = [[{ job_name: "a" }], [{ job_name: "b" }]].map((scrapeConfigs) => {
      const made = desiredWithAllocator(collector({ scrapeConfigs }));
      return JSON.stringify(find(made, "Deployment", "-targetallocator")["spec"]);
    });
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});
