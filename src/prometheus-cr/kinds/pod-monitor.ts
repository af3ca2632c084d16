import type { DataObject, DataValue } from "../../allocator/index.ts";
import type { GenerateScrapeConfigs } from "../generation-context.ts";
import { generated, generationScope, type GenerationScope } from "../generation-scope.ts";
import { checkCredentials } from "../generation/authentication.ts";
import { endpointJobs, type EndpointPlace } from "../generation/endpoint-jobs.ts";
import { httpSections, withoutEmptyTls } from "../generation/http-sections.ts";
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
import { POD_MONITOR, type PodMonitorSpec } from "../resources.ts";

type Endpoint = NonNullable<PodMonitorSpec["podMetricsEndpoints"]>[number];
type Scope = GenerationScope<PodMonitorSpec>;

/** One job for each endpoint, named `podMonitor/NAMESPACE/NAME/INDEX`. */
export const generatePodMonitor: GenerateScrapeConfigs = (monitor, context) => {
  const scope = generationScope(monitor, POD_MONITOR, context);
  const documents = endpointJobs(
    scope,
    ["podMetricsEndpoints", scope.spec.podMetricsEndpoints],
    (endpoint, field, place) => job(endpoint, field, scope, place),
  );
  return generated(scope, documents);
};

function job(
  endpoint: Endpoint,
  field: MonitorField,
  scope: Scope,
  { index, byRole, limits }: EndpointPlace,
): DataObject {
  const { spec, scrapeClass, settings, namespace, name } = scope;
  checkCredentials(endpoint.authorization, field);
  const http = httpSections(withUsableToken(withoutEmptyTls(endpoint)), field, scope);
  const { interval, scrapeTimeout } = endpoint;
  return given<DataValue>({
    job_name: `podMonitor/${namespace}/${name}/${String(index)}`,
    honor_labels: endpoint.honorLabels ?? false,
    honor_timestamps: endpoint.honorTimestamps,
    track_timestamps_staleness: endpoint.trackTimestampsStaleness,
    kubernetes_sd_configs: kubernetesDiscovery({
      role: "pod",
      namespace,
      namespaceSelector: spec.namespaceSelector,
      attachMetadata: spec.attachMetadata ?? scrapeClass.attachMetadata,
      selectors: byRole ? { roles: ["pod"], selector: spec.selector ?? {} } : undefined,
    }),
    ...intervalKeys({ interval, scrapeTimeout }, field, settings.scrapeIntervalMs),
    metrics_path: unlessEmpty(endpoint.path),
    params: endpoint.params,
    scheme: endpoint.scheme?.toLowerCase(),
    follow_redirects: endpoint.followRedirects,
    enable_http2: endpoint.enableHttp2,
    ...http.tls,
    ...http.bearerToken,
    ...http.basicAuth,
    ...http.oauth2,
    ...proxyKeys(endpoint, field),
    ...http.authorization,
    relabel_configs: [
      ...targetRules(endpoint, scope, byRole),
      ...knownRules(scrapeClass.relabelings),
      ...relabelRules(endpoint.relabelings, field.below("relabelings")),
      ...shardingRules("__address__"),
    ],
    ...limits,
    ...metricRelabelKey(scrapeClass.metricRelabelings, endpoint.metricRelabelings, field),
  });
}

/** A token without the name of its key is none, as in the Prometheus operator. */
function withUsableToken(endpoint: Endpoint): Endpoint {
  if (endpoint.bearerTokenSecret === undefined || (endpoint.bearerTokenSecret.key ?? "") !== "") return endpoint;
  return { ...endpoint, bearerTokenSecret: { key: "" } };
}

function targetRules(endpoint: Endpoint, scope: Scope, byRole: boolean): readonly DataObject[] {
  const { spec, namespace, name } = scope;
  const { port, portNumber, targetPort } = endpoint;
  return [
    KEEP_JOB_NAME,
    ...(endpoint.filterRunning === false ? [] : [DROP_ENDED_PODS]),
    ...(byRole ? [] : selectorRules(spec.selector ?? {}, "pod")),
    ...containerPortRules(unlessEmpty(port) ?? (portNumber === 0 ? undefined : portNumber) ?? targetPort),
    copyLabel("__meta_kubernetes_namespace", "namespace"),
    copyLabel("__meta_kubernetes_pod_container_name", "container"),
    copyLabel("__meta_kubernetes_pod_name", "pod"),
    ...copyObjectLabels(spec.podTargetLabels ?? [], "pod"),
    { target_label: "job", replacement: `${namespace}/${name}` },
    ...jobLabelRules(spec.jobLabel, "pod"),
    ...endpointRules(port, targetPort),
  ];
}
