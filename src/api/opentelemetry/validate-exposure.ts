import { type Check, quoted } from "./check.ts";
import type { PortSpec } from "./v1beta1.ts";

/** How a collector or an allocator is reached. */

/** As Kubernetes names ports: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1 */
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

/** What is wrong with the ports of a resource, if anything. */
export function portsProblem(ports: readonly PortSpec[]): string | undefined {
  return ports.map(portProblem).find((problem) => problem !== "");
}

function portProblem({ name = "", port }: PortSpec): string {
  const prefix = "the OpenTelemetry Spec Ports configuration is incorrect, ";
  if (!PORT_NAME.test(name)) return `${prefix}port name ${quoted(name)} is no name of a port`;
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? "" : `${prefix}port ${String(port)} is not in 1..65535`;
}

export const hasNumberedPorts: Check = ({ spec: { ports = [] } }) => portsProblem(ports);

export const hasPodsBehindAnIngress: Check = ({ spec: { mode, ingress } }) =>
  ingress?.type === "ingress" && mode === "sidecar"
    ? "the OpenTelemetry Spec Ingress configuration is incorrect. " +
      "Ingress can only be used in combination with the modes: deployment, daemonset, statefulset"
    : undefined;

export const namesTheParentOfSubdomains: Check = ({ spec: { ingress } }) => {
  const { ruleType, hostname = "" } = ingress ?? {};
  return ruleType === "subdomain" && (hostname === "" || hostname === "*")
    ? "a valid Ingress hostname has to be defined for subdomain ruleType"
    : undefined;
};
