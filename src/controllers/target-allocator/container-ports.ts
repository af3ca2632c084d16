import type { FreeForm, PortSpec } from "../../api/opentelemetry/v1beta1.ts";
import { present } from "../manifests/manifest.ts";
import type { AllocatorInput } from "./allocator-input.ts";
import { certificateSource } from "./mutual-tls.ts";

/** Where the allocator serves its routes, in its container. */
export const ALLOCATOR_PORT = 8080;
/** Where it serves them to who shows a certificate. */
export const ALLOCATOR_TLS_PORT = 8443;

/** What the allocator's container listens on: its own ports, and those of the spec between them. */
export function containerPorts({ spec }: AllocatorInput): readonly FreeForm[] {
  const secure = certificateSource(spec.mtls) !== undefined;
  return [
    { name: "http", containerPort: ALLOCATOR_PORT, protocol: "TCP" },
    ...(spec.ports ?? []).map(toContainerPort),
    ...(secure ? [{ name: "https", containerPort: ALLOCATOR_TLS_PORT, protocol: "TCP" }] : []),
  ];
}

function toContainerPort({ name, port, protocol, hostPort }: PortSpec): FreeForm {
  return present({ name, containerPort: port, protocol: protocol ?? "TCP", hostPort });
}
