import type { DataObject, DataValue } from "../../allocator/index.ts";
import type { GenerateScrapeConfigs } from "../generation-context.ts";
import { generated, generationScope, type GenerationScope } from "../generation-scope.ts";
import { camelCase } from "../generation/camel-case.ts";
import { httpSections, withoutEmptyAuthorization, withoutEmptyTls } from "../generation/http-sections.ts";
import { intervalKeys } from "../generation/intervals.ts";
import { kubernetesDiscovery } from "../generation/kubernetes-discovery.ts";
import { limitKeys, protocolKeys } from "../generation/limits.ts";
import { proberUrlProblem } from "../generation/prober-url.ts";
import { proxyKeys } from "../generation/proxy.ts";
import { knownRules, metricRelabelKey, relabelRules } from "../generation/relabel-rules.ts";
import { copyLabel, KEEP_JOB_NAME, shardingRules } from "../generation/rules.ts";
import { selectorRules } from "../generation/selector-rules.ts";
import { reportUnusable } from "../generation/unusable-document.ts";
import { given } from "../given.ts";
import { PROBE, type ProbeSpec } from "../resources.ts";

type Scope = GenerationScope<ProbeSpec>;

/** One job, named `probe/NAMESPACE/NAME`; `jobName` only sets the label. */
export const generateProbe: GenerateScrapeConfigs = (monitor, context) => {
  const scope = generationScope(monitor, PROBE, context);
  const { spec, field, scrapeClass, namespace, name } = scope;
  const { prober = {}, interval, scrapeTimeout } = spec;
  const http = httpSections(withoutEmptyAuthorization(withoutEmptyTls(spec)), field, scope);
  const problem = proberUrlProblem(prober.url ?? "");
  if (problem !== undefined) field.below("prober.url").report(problem);
  checkTargets(scope);
  const keys = given<DataValue>({
    job_name: `probe/${namespace}/${name}`,
    honor_timestamps: true,
    metrics_path: prober.path ?? "",
    ...intervalKeys({ interval, scrapeTimeout }, field, scope.settings.scrapeIntervalMs),
    scheme: prober.scheme?.toLowerCase(),
    params: paramsOf(spec),
    ...limitKeys(spec, field),
    ...protocolKeys(spec, scrapeClass),
    ...proxyKeys(prober, field.below("prober")),
    follow_redirects: spec.followRedirects,
    enable_http2: spec.enableHttp2,
    ...http.tls,
    ...discoveryOf(scope),
    relabel_configs: [...targetRules(scope), ...shardingRules("__param_target")],
    ...http.bearerToken,
    ...http.basicAuth,
    ...http.oauth2,
    ...http.authorization,
    ...metricRelabelKey(scrapeClass.metricRelabelings, spec.metricRelabelings, field),
  });
  const document = field.unlessRefused(keys);
  reportUnusable(document, scope.settings, field, fieldPath);
  return generated(scope, [document]);
};

function fieldPath(path: string): string {
  return camelCase(path.replace("static_configs[0]", "targets.staticConfig"));
}

/** Rules of both kinds of targets are checked, although only one is used. */
function checkTargets({ spec, field }: Scope): void {
  const { staticConfig, ingress } = spec.targets ?? {};
  const at = field.below("targets");
  if (staticConfig === undefined && ingress === undefined) at.report("needs staticConfig or ingress");
  relabelRules(staticConfig?.relabelingConfigs, at.below("staticConfig.relabelingConfigs"));
  relabelRules(ingress?.relabelingConfigs, at.below("ingress.relabelingConfigs"));
  if (spec.bearerTokenSecret !== undefined && (spec.bearerTokenSecret.name ?? "") === "") {
    field.below("bearerTokenSecret").secret(spec.bearerTokenSecret);
  }
}

/** The module has its own field, which wins over a parameter of its name. */
function paramsOf({ module = "", params = [] }: ProbeSpec): DataObject | undefined {
  const own = params.filter(({ name }) => module === "" || name !== "module");
  const entries = own.map(({ name = "", values = [] }) => [name, values] as const);
  const all = module === "" ? entries : [["module", [module]] as const, ...entries];
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

function discoveryOf({ spec, namespace }: Scope): DataObject {
  const { staticConfig, ingress } = spec.targets ?? {};
  if (staticConfig !== undefined) {
    const labels = { namespace, ...staticConfig.labels };
    return { static_configs: [{ targets: staticConfig.static ?? [], labels }] };
  }
  const { namespaceSelector } = ingress ?? {};
  return { kubernetes_sd_configs: kubernetesDiscovery({ role: "ingress", namespace, namespaceSelector }) };
}

function targetRules(scope: Scope): readonly DataObject[] {
  const { spec, scrapeClass } = scope;
  const { staticConfig, ingress = {} } = spec.targets ?? {};
  const { jobName = "", prober = {} } = spec;
  const targets =
    staticConfig === undefined ? ingressRules(ingress.selector ?? {}) : [copyLabel("__address__", "__param_target")];
  return [
    KEEP_JOB_NAME,
    ...(jobName === "" ? [] : [{ target_label: "job", replacement: jobName }]),
    ...targets,
    copyLabel("__param_target", "instance"),
    { target_label: "__address__", replacement: prober.url ?? "" },
    ...knownRules(scrapeClass.relabelings),
    ...knownRules((staticConfig ?? ingress).relabelingConfigs),
  ];
}

function ingressRules(selector: Parameters<typeof selectorRules>[0]): readonly DataObject[] {
  return [
    ...selectorRules(selector, "ingress"),
    {
      source_labels: ["__meta_kubernetes_ingress_scheme", "__address__", "__meta_kubernetes_ingress_path"],
      separator: ";",
      regex: "(.+);(.+);(.+)",
      target_label: "__param_target",
      replacement: "${1}://${2}${3}",
      action: "replace",
    },
    copyLabel("__meta_kubernetes_namespace", "namespace"),
    copyLabel("__meta_kubernetes_ingress_name", "ingress"),
    {
      source_labels: ["__address__"],
      separator: ";",
      regex: "(.*)",
      target_label: "__tmp_ingress_address",
      replacement: "$1",
      action: "replace",
    },
  ];
}
