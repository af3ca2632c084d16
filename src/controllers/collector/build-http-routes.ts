import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest, present, unlessEmpty } from "../manifests/manifest.ts";
import { collectorName, httpRouteName } from "../manifests/names.ts";
import { type CollectorInput, collectorMeta, runsOwnPods } from "./collector-input.ts";
import { type ExposedPort, exposedPorts } from "./exposed-ports.ts";

/** HTTPRoutes of the Gateway API, one for each port that speaks HTTP; gRPC has routes of its own kind. */
export function buildHttpRoutes(input: CollectorInput): readonly Manifest[] {
  const { mode, httpRoute } = input.collector.spec;
  if (!runsOwnPods(mode) || httpRoute?.enabled !== true || httpRoute.gateway === "") return [];
  return exposedPorts(input)
    .filter(({ appProtocol }) => appProtocol !== "grpc" && appProtocol !== "h2c")
    .map((port) => routeTo(port, input));
}

function routeTo({ name, port }: ExposedPort, input: CollectorInput): Manifest {
  const { spec, metadata } = input.collector;
  const { gateway, gatewayNamespace = "", hostnames } = spec.httpRoute ?? {};
  const parent = {
    group: RESOURCES.HTTPRoute.group,
    kind: "Gateway",
    name: gateway,
    namespace: gatewayNamespace === "" ? (metadata.namespace ?? "") : gatewayNamespace,
  };
  const rule = {
    matches: [{ path: { type: "PathPrefix", value: `/${name}` } }],
    filters: [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }],
    backendRefs: [{ name: collectorName(metadata.name), port }],
  };
  const meta = collectorMeta(input, { name: httpRouteName(metadata.name, name), filtered: true, annotated: false });
  return manifest(RESOURCES.HTTPRoute, meta, {
    spec: present({ parentRefs: [parent], hostnames: unlessEmpty(hostnames), rules: [rule] }),
  });
}
