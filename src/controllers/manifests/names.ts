/**
 * The name of everything that is generated. The rules, truncation with all its corners included, are those of the Go
 * operator: an object must keep its name when a cluster moves over.
 */

const LIMIT = 63;

/**
 * Fills the texts into the `%s` of the format and shortens the result to 63 characters: the first text gives way by
 * the excess; if it is too short, it vanishes and the next one gives way. A result that fits loses non-alphanumeric
 * characters at its ends; one that is still too long is cut, ends and all.
 */
export function truncate(format: string, ...texts: readonly string[]): string {
  const parts = [...texts];
  let name = fill(format, parts);
  for (let at = 0; at < parts.length && name.length > LIMIT; at += 1) {
    const part = parts[at] ?? "";
    const excess = name.length - LIMIT;
    parts[at] = part.length > excess ? part.slice(0, part.length - excess) : "";
    name = fill(format, parts);
  }
  return name.length > LIMIT ? name.slice(0, LIMIT) : name.replaceAll(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, "");
}

function fill(format: string, parts: readonly string[]): string {
  let next = 0;
  return format.replaceAll("%s", () => parts[next++] ?? "");
}

/** Lower case, and `-` for what a DNS label may not hold; at either end `a`, where `-` may not stand. */
export function dnsName(name: string): string {
  const lower = name.toLowerCase();
  return lower.replaceAll(/[^a-z0-9]/g, (_character, at: number) => (at === 0 || at === lower.length - 1 ? "a" : "-"));
}

const named = (format: string, ...texts: readonly string[]): string => dnsName(truncate(format, ...texts));

const PORT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** The name of a port that belongs to `name`; names that a port cannot have become `port-<number>`. */
export function portName(name: string, port: number): string {
  const candidate = name.replaceAll(/[/_]/g, "-");
  return name.length <= 15 && PORT_NAME.test(candidate) ? candidate : `port-${String(port)}`;
}

/** Of the workload, its ServiceAccount and its main Service. */
export const collectorName = (collector: string): string => named("%s-collector", collector);
export const headlessServiceName = (collector: string): string => named("%s-headless", collectorService(collector));
export const monitoringServiceName = (collector: string): string => named("%s-monitoring", collectorService(collector));
export const extensionServiceName = (collector: string): string => named("%s-extension", collectorService(collector));
export const ingressName = (collector: string): string => named("%s-ingress", collector);
export const clusterRoleName = (collector: string, namespace: string): string =>
  named("%s-%s-cluster-role", collector, namespace);
export const clusterRoleBindingName = (collector: string, namespace: string): string =>
  named("%s-%s-collector", collector, namespace);
export const networkPolicyName = (collector: string): string => named("%s-collector-networkpolicy", collector);
/** Of an OpenShift Route to one port of the collectors. */
export const routeName = (collector: string, port: string): string => named("%s-%s-route", port, collector);
export const httpRouteName = (collector: string, port: string): string => named("%s-%s-httproute", collector, port);
/** Of the ServiceMonitor for the collectors' own metrics. */
export const monitoringMonitorName = (collector: string): string => named("%s-collector", `${collector}-monitoring`);
/** Changes with the configuration, so that pods of two generations each keep theirs. */
export const collectorConfigMapName = (collector: string, hash: string): string =>
  named("%s-collector-%s", collector, hash.slice(0, 8));
/** Of everything that is made for a target allocator. */
export const allocatorName = (allocator: string): string => named("%s-targetallocator", allocator);
export const allocatorNetworkPolicyName = (allocator: string): string =>
  named("%s-targetallocator-networkpolicy", allocator);
/** Of roles, which stand outside of the allocator's namespace too, and of their bindings. */
export const allocatorRoleName = (allocator: string, namespace: string): string =>
  named("%s-%s-targetallocator", allocator, namespace);
/** Of the role that lets it read credentials, which not every operator may give. */
export const credentialsRoleName = (allocator: string, namespace: string): string =>
  named("%s-%s-targetallocator-credentials", allocator, namespace);
/** Of the issuer that signs the authority's certificate, and of the one that is the authority. */
export const selfSignedIssuerName = (allocator: string): string => named("%s-self-signed-issuer", allocator);
export const authorityIssuerName = (allocator: string): string => named("%s-ca-issuer", allocator);
/** Of certificates, their Secrets and the volumes of these. */
export const authorityCertificateName = (allocator: string): string => named("%s-ca-cert", allocator);
export const serverCertificateName = (allocator: string): string => named("%s-ta-server-cert", allocator);
export const clientCertificateName = (allocator: string): string => named("%s-ta-client-cert", allocator);
export const extraConfigMapVolumeName = (configMap: string): string => named("configmap-%s", configMap);

const collectorService = (collector: string): string => named("%s-collector", collector);

export const COLLECTOR_CONTAINER = "otc-container";
export const COLLECTOR_CONFIG_VOLUME = "otc-internal";
export const COLLECTOR_CONFIG_FILE = "collector.yaml";
export const ALLOCATOR_CONTAINER = "ta-container";
export const ALLOCATOR_CONFIG_VOLUME = "ta-internal";
export const ALLOCATOR_CONFIG_FILE = "targetallocator.yaml";
