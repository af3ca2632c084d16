import { describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { stripTransform } from "../../src/kube/strip-transforms.ts";

/** Metadata with everything that is kept, and with things that are not. */
const METADATA = {
  name: "a",
  namespace: "shop",
  uid: "u",
  resourceVersion: "7",
  labels: { app: "web" },
  annotations: { note: "n" },
  ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "ru", controller: true }],
  deletionTimestamp: "2026-01-01T00:00:00Z",
};
const MORE_METADATA = {
  ...METADATA,
  generation: 3,
  creationTimestamp: "2026-01-01T00:00:00Z",
  finalizers: ["x/y"],
  managedFields: [{ manager: "m" }],
  selfLink: "/",
};
const TARGET_REF = { kind: "Pod", namespace: "shop", name: "p" };
const container = (name: string, more: object = {}): object => ({ name, image: `${name}:1`, ...more });

describe("the shape for discovery", () => {
  it.each<{ kind: keyof typeof RESOURCES; keeps: object; drops: object }>([
    {
      kind: "Pod",
      keeps: {
        spec: {
          nodeName: "n1",
          containers: [{ ...container("c"), ports: [{ name: "http", containerPort: 80, protocol: "TCP" }] }],
          initContainers: [container("i")],
        },
        status: {
          phase: "Running",
          podIP: "10.0.0.1",
          hostIP: "10.1.0.1",
          startTime: "2026-01-01T00:00:00Z",
          conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
          containerStatuses: [{ name: "c", containerID: "docker://1" }],
          initContainerStatuses: [{ name: "i", containerID: "docker://2" }],
        },
      },
      drops: {
        spec: {
          nodeName: "n1",
          containers: [
            {
              ...container("c", { env: [{ name: "A", value: "1" }], volumeMounts: [{ name: "v" }] }),
              ports: [{ name: "http", containerPort: 80, protocol: "TCP", hostPort: 1 }],
            },
          ],
          initContainers: [container("i", { command: ["x"] })],
          ephemeralContainers: [container("e")],
          volumes: [{ name: "v" }],
          tolerations: [],
        },
        status: {
          phase: "Running",
          podIP: "10.0.0.1",
          podIPs: [{ ip: "10.0.0.1" }],
          hostIP: "10.1.0.1",
          startTime: "2026-01-01T00:00:00Z",
          qosClass: "BestEffort",
          conditions: [
            { type: "PodScheduled", status: "True" },
            { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "r" },
          ],
          containerStatuses: [{ name: "c", containerID: "docker://1", restartCount: 3, state: {} }],
          initContainerStatuses: [{ name: "i", containerID: "docker://2", ready: true }],
        },
      },
    },
    {
      kind: "Node",
      keeps: {
        spec: { providerID: "aws://1" },
        status: {
          conditions: [{ type: "Ready", status: "True" }],
          addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
          daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
        },
      },
      drops: {
        spec: { providerID: "aws://1", podCIDR: "10.0.0.0/8", taints: [] },
        status: {
          conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "x", message: "m" }],
          addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
          daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
          images: [{ names: ["a"] }],
          capacity: {},
        },
      },
    },
    {
      kind: "Service",
      keeps: {
        spec: {
          type: "LoadBalancer",
          clusterIP: "10.0.0.1",
          externalName: "e",
          loadBalancerIP: "1.2.3.4",
          ipFamilyPolicy: "SingleStack",
          ipFamilies: ["IPv4"],
          ports: [{ name: "http", port: 80, protocol: "TCP" }],
        },
      },
      drops: {
        spec: {
          type: "LoadBalancer",
          clusterIP: "10.0.0.1",
          clusterIPs: ["10.0.0.1"],
          externalName: "e",
          loadBalancerIP: "1.2.3.4",
          ipFamilyPolicy: "SingleStack",
          ipFamilies: ["IPv4"],
          ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080, nodePort: 30_000 }],
          selector: { app: "web" },
        },
        status: { loadBalancer: {} },
      },
    },
    {
      kind: "Endpoints",
      keeps: {
        subsets: [
          {
            addresses: [{ ip: "10.0.0.1", hostname: "h", nodeName: "n", targetRef: TARGET_REF }],
            notReadyAddresses: [{ ip: "10.0.0.2" }],
            ports: [{ name: "http", port: 80, protocol: "TCP" }],
          },
        ],
      },
      drops: {
        subsets: [
          {
            addresses: [{ ip: "10.0.0.1", hostname: "h", nodeName: "n", targetRef: { ...TARGET_REF, uid: "u" } }],
            notReadyAddresses: [{ ip: "10.0.0.2" }],
            ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }],
          },
        ],
      },
    },
    {
      kind: "EndpointSlice",
      keeps: {
        addressType: "IPv4",
        endpoints: [
          {
            addresses: ["10.0.0.1"],
            conditions: { ready: true, serving: true, terminating: false },
            hostname: "h",
            nodeName: "n",
            zone: "z",
            targetRef: TARGET_REF,
            deprecatedTopology: { rack: "r" },
          },
        ],
        ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }],
      },
      drops: {
        addressType: "IPv4",
        endpoints: [
          {
            addresses: ["10.0.0.1"],
            conditions: { ready: true, serving: true, terminating: false },
            hostname: "h",
            nodeName: "n",
            zone: "z",
            targetRef: { ...TARGET_REF, uid: "u", resourceVersion: "1" },
            deprecatedTopology: { rack: "r" },
            hints: { forZones: [] },
          },
        ],
        ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }],
      },
    },
    {
      kind: "Ingress",
      keeps: {
        spec: {
          ingressClassName: "nginx",
          tls: [{ hosts: ["a.example"] }],
          rules: [{ host: "a.example", http: { paths: [{ path: "/" }] } }, { host: "b.example" }],
        },
      },
      drops: {
        spec: {
          ingressClassName: "nginx",
          defaultBackend: { service: { name: "s" } },
          tls: [{ hosts: ["a.example"], secretName: "s" }],
          rules: [
            { host: "a.example", http: { paths: [{ path: "/", pathType: "Prefix", backend: {} }] } },
            { host: "b.example" },
          ],
        },
        status: {},
      },
    },
    { kind: "Namespace", keeps: {}, drops: { spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } } },
    { kind: "ReplicaSet", keeps: {}, drops: { spec: { replicas: 1 }, status: {} } },
    { kind: "Job", keeps: {}, drops: { spec: { parallelism: 1 }, status: {} } },
  ])("keeps of a $kind what discovery reads", ({ kind, keeps, drops }) => {
    const type: ResourceType = RESOURCES[kind];
    const stripped = stripTransform(type, "discovery")({ metadata: MORE_METADATA, ...drops } as unknown as KubeObject);
    const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
    expect(stripped).toEqual({ apiVersion, kind, metadata: METADATA, ...keeps });
  });

  it("copes with objects that leave everything out", () => {
    const bare = { metadata: { name: "a" }, spec: {}, status: { conditions: null } } as unknown as KubeObject;
    expect(stripTransform(RESOURCES.Pod, "discovery")(bare)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: {},
      status: { conditions: null },
    });
  });

  it("keeps kinds that discovery does not know as they are", () => {
    const map = { metadata: MORE_METADATA, data: { x: "1" } } as unknown as KubeObject;
    expect(stripTransform(RESOURCES.ConfigMap, "discovery")(map)).toMatchObject({ data: { x: "1" } });
  });
});

describe("the full shape", () => {
  it("drops managedFields alone, and says what the object is", () => {
    const { managedFields: _dropped, ...metadata } = MORE_METADATA;
    const object = { metadata: MORE_METADATA, spec: { anything: [1] } } as unknown as KubeObject;
    expect(stripTransform(RESOURCES.Pod, "full")(object)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { anything: [1] },
    });
  });
});
