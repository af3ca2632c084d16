import type { DataObject, DataValue } from "../../allocator/index.ts";
import type { GenerateScrapeConfigs } from "../generation-context.ts";
import { generated, generationScope, type GenerationScope } from "../generation-scope.ts";
import { checkCredentials } from "../generation/authentication.ts";
import { endpointJobs, type EndpointPlace } from "../generation/endpoint-jobs.ts";
import { httpSections } from "../generation/http-sections.ts";
import { intervalKeys } from "../generation/intervals.ts";
import { kubernetesDiscovery } from "../generation/kubernetes-discovery.ts";
import { proxyKeys } from "../generation/proxy.ts";
import { knownRules, metricRelabelKey, relabelRules } from "../generation/relabel-rules.ts";
import {
  containerPortRules,
  copyLabel,
  copyObjectLabels,
  DROP_ENDED_PODS,
  endpointRules,
  jobLabelRules,
  KEEP_JOB_NAME,
  shardingRules,
} from "../generation/rules.ts";
import { selectorRules } from "../generation/selector-rules.ts";
import { given, unlessEmpty } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import { SERVICE_MONITOR, type ServiceMonitorSpec } from "../resources.ts";

type Endpoint = NonNullable<ServiceMonitorSpec["endpoints"]>[number];
type Scope = GenerationScope<ServiceMonitorSpec>;

/** One job for each endpoint, named `serviceMonitor/NAMESPACE/NAME/INDEX`. */
export const generateServiceMonitor: GenerateScrapeConfigs = (monitor, context) => {
  const scope = generationScope(monitor, SERVICE_MONITOR, context);
  const documents = endpointJobs(scope, ["endpoints", scope.spec.endpoints], (endpoint, field, place) =>
    job(endpoint, field, scope, place),
  );
  return generated(scope, documents);
};

function job(
  endpoint: Endpoint,
  field: MonitorField,
  scope: Scope,
  { index, byRole, limits }: EndpointPlace,
): DataObject {
  const { spec, scrapeClass, settings, namespace } = scope;
  checkCredentials(endpoint.authorization, field);
  const http = httpSections(endpoint, field, scope);
  const role = (spec.serviceDiscoveryRole ?? "EndpointSlice") === "EndpointSlice" ? "endpointslice" : "endpoints";
  const { interval, scrapeTimeout } = endpoint;
  return given<DataValue>({
    job_name: `serviceMonitor/${namespace}/${scope.name}/${String(index)}`,
    honor_labels: endpoint.honorLabels ?? false,
    honor_timestamps: endpoint.honorTimestamps,
    track_timestamps_staleness: endpoint.trackTimestampsStaleness,
    kubernetes_sd_configs: kubernetesDiscovery({
      role,
      namespace,
      namespaceSelector: spec.namespaceSelector,
      attachMetadata: spec.attachMetadata ?? scrapeClass.attachMetadata,
      selectors: byRole ? { roles: [role, "service"], selector: spec.selector ?? {} } : undefined,
    }),
    ...intervalKeys({ interval, scrapeTimeout }, field, settings.scrapeIntervalMs),
    metrics_path: unlessEmpty(endpoint.path),
    params: endpoint.params,
    scheme: endpoint.scheme?.toLowerCase(),
    follow_redirects: endpoint.followRedirects,
    enable_http2: endpoint.enableHttp2,
    ...proxyKeys(endpoint, field),
    ...http.oauth2,
    ...http.tls,
    ...http.bearerToken,
    ...http.basicAuth,
    ...http.authorization,
    relabel_configs: [
      ...targetRules(endpoint, spec, role, byRole),
      ...knownRules(scrapeClass.relabelings),
      ...relabelRules(endpoint.relabelings, field.below("relabelings")),
      ...shardingRules("__address__"),
    ],
    ...limits,
    ...metricRelabelKey(scrapeClass.metricRelabelings, endpoint.metricRelabelings, field),
  });
}

function targetRules(
  endpoint: Endpoint,
  spec: ServiceMonitorSpec,
  role: string,
  byRole: boolean,
): readonly DataObject[] {
  const { port, targetPort } = endpoint;
  // The labels of both roles differ in this part of their names, and not by the name of the role.
  const meta = `__meta_kubernetes_${role === "endpoints" ? "endpoint" : role}`;
  const kind = [`${meta}_address_target_kind`, `${meta}_address_target_name`];
  const portRules =
    (port ?? "") === ""
      ? containerPortRules(targetPort)
      : [{ action: "keep", source_labels: [`${meta}_port_name`], regex: port }];
  return [
    KEEP_JOB_NAME,
    ...(byRole ? [] : selectorRules(spec.selector ?? {}, "service")),
    ...portRules,
    { source_labels: kind, separator: ";", regex: "Node;(.*)", replacement: "${1}", target_label: "node" },
    { source_labels: kind, separator: ";", regex: "Pod;(.*)", replacement: "${1}", target_label: "pod" },
    copyLabel("__meta_kubernetes_namespace", "namespace"),
    copyLabel("__meta_kubernetes_service_name", "service"),
    copyLabel("__meta_kubernetes_pod_name", "pod"),
    copyLabel("__meta_kubernetes_pod_container_name", "container"),
    ...(endpoint.filterRunning === false ? [] : [DROP_ENDED_PODS]),
    ...copyObjectLabels(spec.targetLabels ?? [], "service"),
    ...copyObjectLabels(spec.podTargetLabels ?? [], "pod"),
    { source_labels: ["__meta_kubernetes_service_name"], target_label: "job", replacement: "${1}" },
    ...jobLabelRules(spec.jobLabel, "service"),
    ...endpointRules(port, targetPort),
  ];
}
