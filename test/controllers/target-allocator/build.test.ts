import { describe, expect, it } from "@jest/globals";

import type { TargetAllocatorResourceSpec } from "../../../src/api/opentelemetry/target-allocator.ts";
import type { FreeForm } from "../../../src/api/opentelemetry/v1beta1.ts";
import { buildAllocator } from "../../../src/controllers/target-allocator/build.ts";
import { allocatorInput, allocatorObject, RICH_ALLOCATOR } from "../../support/allocator-inputs.ts";

interface PodTemplate {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: FreeForm & { readonly containers: readonly FreeForm[] };
}

function template(spec: TargetAllocatorResourceSpec): PodTemplate {
  const deployment = allocatorObject(allocatorInput(spec), "Deployment");
  return (deployment["spec"] as { readonly template: PodTemplate }).template;
}

function kinds(spec: TargetAllocatorResourceSpec): readonly string[] {
  return buildAllocator(allocatorInput(spec)).map(({ kind }) => kind);
}

describe("the objects of an allocator", () => {
  it("are made in this order, for the TargetAllocator, which owns them all", () => {
    const made = buildAllocator(allocatorInput({ observability: { metrics: { enableMetrics: true } } }));
    expect(made.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "ConfigMap web-targetallocator",
      "Deployment web-targetallocator",
      "ServiceAccount web-targetallocator",
      "Service web-targetallocator",
      "PodDisruptionBudget web-targetallocator",
      "NetworkPolicy web-targetallocator-networkpolicy",
      "ServiceMonitor web-targetallocator",
    ]);
    expect(made.every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === "uid-web")).toBe(true);
  });

  it("are the same, byte for byte, of the same", () => {
    const [first, second] = [1, 2].map(() => JSON.stringify(buildAllocator(allocatorInput(RICH_ALLOCATOR))));
    expect(first).toBe(second);
  });
});

describe("the allocator's pods", () => {
  it("take everything that the resource says of them", () => {
    const { metadata, spec } = template(RICH_ALLOCATOR);
    const { containers, initContainers, volumes, ...others } = spec;
    expect(others).toEqual({
      serviceAccountName: "web-targetallocator",
      // What a TargetAllocator says of hostPID and dnsPolicy means nothing, as in the Go operator.
      dnsPolicy: "ClusterFirstWithHostNet",
      dnsConfig: RICH_ALLOCATOR.podDnsConfig,
      hostNetwork: true,
      hostUsers: false,
      hostAliases: RICH_ALLOCATOR.hostAliases,
      shareProcessNamespace: true,
      tolerations: RICH_ALLOCATOR.tolerations,
      nodeSelector: RICH_ALLOCATOR.nodeSelector,
      securityContext: RICH_ALLOCATOR.podSecurityContext,
      priorityClassName: "system-cluster-critical",
      affinity: RICH_ALLOCATOR.affinity,
      terminationGracePeriodSeconds: 5,
      topologySpreadConstraints: RICH_ALLOCATOR.topologySpreadConstraints,
    });
    expect(initContainers).toEqual(RICH_ALLOCATOR.initContainers);
    expect(containers.map(({ name }) => name)).toEqual(["beside", "ta-container"]);
    expect(volumes).toEqual([expect.objectContaining({ name: "ta-internal" }), { name: "scratch", emptyDir: {} }]);
    expect(metadata.annotations["note"]).toBe("x");
  });

  it("have a container that takes everything that the resource says of it", () => {
    const [, container] = template(RICH_ALLOCATOR).spec.containers;
    expect(container).toEqual({
      name: "ta-container",
      image: "registry:5000/ta:9",
      imagePullPolicy: "Always",
      args: ["target-allocator", "--enable-cors=true", "--zap-log-level=debug"],
      env: [
        { name: "GOMEMLIMIT", value: "100MiB" },
        { name: "OTELCOL_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
        {
          name: "GOMAXPROCS",
          valueFrom: { resourceFieldRef: { containerName: "ta-container", resource: "limits.cpu" } },
        },
      ],
      envFrom: RICH_ALLOCATOR.envFrom,
      ports: [
        { name: "http", containerPort: 8080, protocol: "TCP" },
        { name: "extra", containerPort: 9000, protocol: "UDP", hostPort: 9001 },
      ],
      resources: RICH_ALLOCATOR.resources,
      securityContext: RICH_ALLOCATOR.securityContext,
      lifecycle: RICH_ALLOCATOR.lifecycle,
      livenessProbe: RICH_ALLOCATOR.livenessProbe,
      readinessProbe: RICH_ALLOCATOR.readinessProbe,
      volumeMounts: [
        { name: "ta-internal", mountPath: "/conf" },
        { name: "scratch", mountPath: "/scratch" },
      ],
    });
  });

  it("run with the account that the resource names, and then none is made", () => {
    expect(template({ serviceAccount: "mine" }).spec["serviceAccountName"]).toBe("mine");
    expect(kinds({ serviceAccount: "mine" })).not.toContain("ServiceAccount");
  });

  it("are replaced when their configuration changes", () => {
    const hash = (spec: TargetAllocatorResourceSpec): string | undefined =>
      template(spec).metadata.annotations["opentelemetry-targetallocator-config/hash"];
    expect(hash({ filterStrategy: "relabel-config" })).not.toBe(hash({}));
  });
});

describe("the allocator's Service", () => {
  it("has one port, and what the resource says of the network", () => {
    const { spec } = allocatorObject(allocatorInput(RICH_ALLOCATOR), "Service");
    expect(spec).toMatchObject({
      ports: [{ name: "targetallocation", port: 80, targetPort: "http" }],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      trafficDistribution: "PreferClose",
    });
  });
});

describe("the allocator's disruption budget", () => {
  it.each<{ name: string; spec: TargetAllocatorResourceSpec; want: FreeForm | undefined }>([
    { name: "one may be away", spec: {}, want: { maxUnavailable: 1 } },
    { name: "also when every node has its own", spec: { allocationStrategy: "per-node" }, want: { maxUnavailable: 1 } },
    {
      name: "none where each would spread targets its own way",
      spec: { allocationStrategy: "least-weighted" },
      want: undefined,
    },
    {
      name: "what is asked for, there too",
      spec: { allocationStrategy: "least-weighted", podDisruptionBudget: { minAvailable: 1 } },
      want: { minAvailable: 1 },
    },
    { name: "an empty one says nothing", spec: { podDisruptionBudget: {} }, want: { maxUnavailable: 1 } },
  ])("$name", ({ spec, want }) => {
    const made = buildAllocator(allocatorInput(spec)).filter(({ kind }) => kind === "PodDisruptionBudget");
    const bounds = made.map(({ spec: content }) => {
      const { selector: _selector, ...rest } = content as FreeForm;
      return rest;
    });
    expect(bounds).toEqual(want === undefined ? [] : [want]);
  });
});

describe("the allocator's ServiceMonitor", () => {
  it("is made when it is asked for, with further labels that hide none of ours", () => {
    expect(kinds({})).not.toContain("ServiceMonitor");
    const extraLabels = { team: "x", "app.kubernetes.io/managed-by": "me" };
    const monitor = allocatorObject(
      allocatorInput({ observability: { metrics: { enableMetrics: true, extraLabels } } }),
      "ServiceMonitor",
    );
    expect(monitor).toMatchObject({
      metadata: { labels: { team: "x", "app.kubernetes.io/managed-by": "opentelemetry-operator" } },
      spec: {
        endpoints: [{ port: "targetallocation" }],
        namespaceSelector: { matchNames: ["shop"] },
        selector: { matchLabels: { "app.kubernetes.io/name": "web-targetallocator" } },
      },
    });
  });
});
