import type { ObjectMeta } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { routeLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present } from "../manifests/manifest.ts";
import { collectorName, routeName } from "../manifests/names.ts";
import { controllerReference } from "../manifests/owner-reference.ts";
import { type CollectorInput, runsOwnPods } from "./collector-input.ts";
import { type ExposedPort, exposedPorts } from "./exposed-ports.ts";

/** OpenShift's Routes to the receivers, one for each port. */
export function buildRoutes(input: CollectorInput): readonly Manifest[] {
  const { mode, ingress } = input.collector.spec;
  if (!runsOwnPods(mode) || ingress?.type !== "route") return [];
  return exposedPorts(input).map((port) => routeTo(port, input));
}

function routeTo({ name: port }: ExposedPort, input: CollectorInput): Manifest {
  const { spec, metadata } = input.collector;
  const { hostname = "", route } = spec.ingress ?? {};
  const termination = route?.termination ?? "edge";
  return manifest(RESOURCES.Route, routeMeta(routeName(metadata.name, port), input), {
    spec: present({
      // Without a host the cluster's router gives it one.
      host: hostname === "" ? undefined : `${port}.${hostname}`,
      to: { kind: "Service", name: collectorName(metadata.name) },
      port: { targetPort: port },
      wildcardPolicy: "None",
      tls: termination === "insecure" ? undefined : { termination },
    }),
  });
}

/** Routes carry nothing of what the custom resource carries. */
function routeMeta(name: string, { collector }: CollectorInput): ObjectMeta {
  const annotations = collector.spec.ingress?.annotations ?? {};
  return {
    name,
    namespace: collector.metadata.namespace ?? "",
    labels: routeLabels(collector.metadata, name),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [controllerReference(collector)],
  };
}
