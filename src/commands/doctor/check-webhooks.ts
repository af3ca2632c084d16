import { type KubeObject, keyOf, type NamespacedName } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { readCertificate, splitBundle } from "../../certificates/read-certificate.ts";
import type { Finding, Mending } from "./finding.ts";
import type { ClientConfig } from "./kinds.ts";
import { nameOf, type Backend, type Observation } from "./observation.ts";

/** A place in the cluster's configuration that has the API server call a webhook about our resources. */
interface Caller {
  readonly object: KubeObject;
  readonly clientConfig: ClientConfig;
  /** What does not work while the webhook does not answer. */
  readonly consequence: string;
  readonly mending: Mending;
}

type Configured = Pick<Observation, "webhooks" | "definitions">;

const { group: GROUP } = RESOURCES.OpenTelemetryCollector;
const WARNED_BEFORE_MS = 14 * 24 * 3_600_000;

/** The Services that webhooks about our resources are behind. */
export function backendsOf(observation: Configured): readonly NamespacedName[] {
  return callersOf(observation).flatMap(({ clientConfig: { service } }) => service ?? []);
}

/** Whether what the API server calls about our resources can answer. */
export function checkWebhooks(observation: Observation): readonly Finding[] {
  return callersOf(observation).flatMap((caller) =>
    [backendFindings(caller, observation), authorityFindings(caller, observation.nowMs)].flat(),
  );
}

function callersOf({ webhooks = [], definitions }: Configured): readonly Caller[] {
  const conversions = [...definitions.values()].flatMap((object): readonly Caller[] => {
    const { strategy, webhook } = object.spec?.conversion ?? {};
    if (strategy !== "Webhook" || !object.metadata.name.endsWith(`.${GROUP}`)) return [];
    const clientConfig = webhook?.clientConfig ?? {};
    const consequence = "resources of another version than the stored one can be neither read nor written";
    // A list of versions cannot be left without a strategy, so the definition is what mends it.
    const run = [
      `kubectl apply --server-side --force-conflicts -f crds/${GROUP}_${object.metadata.name.split(".")[0] ?? ""}.yaml`,
    ];
    return [{ object, clientConfig, consequence, mending: { run } }];
  });
  const admissions = webhooks.flatMap((object): readonly Caller[] => {
    const entry = object.webhooks?.find(({ rules = [] }) =>
      rules.some(({ apiGroups = [] }) => apiGroups.includes(GROUP)),
    );
    if (entry === undefined) return [];
    const consequence = "the API server may refuse every change of our resources";
    const run = [`kubectl delete ${object.kind.toLowerCase()} ${object.metadata.name}`];
    return [{ object, clientConfig: entry.clientConfig ?? {}, consequence, mending: { run } }];
  });
  return [...conversions, ...admissions];
}

function backendFindings(caller: Caller, { backends }: Pick<Observation, "backends">): readonly Finding[] {
  const { object, clientConfig, consequence, mending } = caller;
  const { service } = clientConfig;
  const backend = service === undefined ? undefined : backends.get(keyOf(service));
  if (service === undefined || backend === undefined) return [];
  const about = { object: nameOf(object), mending };
  const name = `Service ${keyOf(service)}`;
  if (backend.service?.length === 0) {
    return [
      { code: "WebhookServiceMissing", ...about, message: `it calls ${name}, which does not exist: ${consequence}` },
    ];
  }
  if (readyEndpoints(backend) !== 0) return [];
  const message = `it calls ${name}, which has no ready endpoint: ${consequence}`;
  const run = [`kubectl get endpointslices -n ${service.namespace} -l kubernetes.io/service-name=${service.name}`];
  return [{ code: "WebhookWithoutEndpoints", ...about, message, mending: { run: [...run, ...(mending.run ?? [])] } }];
}

/** Undefined when they are not known. */
function readyEndpoints({ slices }: Backend): number | undefined {
  return slices?.flatMap(({ endpoints }) => (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false))
    .length;
}

function authorityFindings({ object, clientConfig, consequence, mending }: Caller, nowMs: number): readonly Finding[] {
  const about = { object: nameOf(object), mending };
  const { caBundle = "" } = clientConfig;
  if (caBundle === "") {
    const message = `it has no caBundle, so the API server trusts no certificate of the webhook: ${consequence}`;
    return [{ code: "WebhookWithoutAuthority", ...about, message }];
  }
  const endMs = endOf(Buffer.from(caBundle, "base64").toString());
  if (endMs === undefined) {
    const message = `its caBundle holds no certificate that can be read: ${consequence}`;
    return [{ code: "WebhookWithoutAuthority", ...about, message }];
  }
  const end = new Date(endMs).toISOString();
  if (endMs < nowMs) {
    return [{ code: "WebhookAuthorityExpired", ...about, message: `its caBundle has ended on ${end}: ${consequence}` }];
  }
  if (endMs - nowMs > WARNED_BEFORE_MS) return [];
  const message = `its caBundle ends on ${end}; the operator renews its own in time, so look at who made it`;
  return [{ code: "WebhookAuthorityExpiresSoon", ...about, message }];
}

/** When the last of the certificates ends; undefined when none can be read. */
function endOf(pem: string): number | undefined {
  const ends = splitBundle(pem).flatMap((each) => readCertificate(each)?.validToDate.getTime() ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
