import { type KubeObject, keyOf, type NamespacedName } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { OPERATOR_LEASE } from "../../controllers/index.ts";
import { MONITOR_RESOURCES } from "../../prometheus-cr/resources.ts";
import type { DoctorOptions } from "../../options/doctor-options.ts";
import type { AccessAnswers, AccessQuestion } from "./access-question.ts";
import { questionKey } from "./access-question.ts";
import type { ClusterReader } from "./cluster-reader.ts";
import { ownOperators } from "./check-operator.ts";
import { DEFINITION_NAMES } from "./check-definitions.ts";
import {
  type CustomResource,
  type Definition,
  type Deployment,
  type EndpointSliceObject,
  type LeaseObject,
  type MonitorObject,
  type NetworkPolicy,
  type ServiceObject,
  WEBHOOK_KINDS,
  type WebhookConfiguration,
} from "./kinds.ts";
import type { ApiServerAddress, Backend, Endpoint, Known, Observation, ObservedAllocator } from "./observation.ts";
import { describeAllocators } from "./describe-allocators.ts";
import { backendsOf } from "./check-webhooks.ts";

/** What an observation begins with, before anything is concluded from it. */
export type FirstLook = Omit<Observation, "allocators" | "invalid" | "answers" | "unread" | "backends" | "apiServer">;

/** Reads everything that the checks look at. Rejects for every failure but a missing permission. */
export async function observe(
  reader: ClusterReader,
  { options, kubernetes, nowMs }: Pick<Observation, "kubernetes" | "nowMs"> & { readonly options: DoctorOptions },
): Promise<Omit<Observation, "answers" | "unread">> {
  const first = { ...(await look(reader, options)), kubernetes, nowMs };
  const { allocators, invalid } = describeAllocators(first, options.manifests);
  const [observed, backends, apiServer] = await Promise.all([
    Promise.all(allocators.map(async (allocator) => withSurroundings(reader, allocator))),
    readBackends(reader, first),
    readApiServer(reader),
  ]);
  return { ...first, allocators: observed, invalid, backends, apiServer };
}

/** Asks the questions that are not the same, a few at a time. */
export async function askAll(reader: ClusterReader, questions: readonly AccessQuestion[]): Promise<AccessAnswers> {
  const answers = new Map<string, boolean>();
  const open = [...new Map(questions.map((question) => [questionKey(question), question])).entries()];
  const work = async (): Promise<void> => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [key, question] = next;
      const answer = await reader.isAllowed(question);
      if (answer !== undefined) answers.set(key, answer);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, work));
  return answers;
}

const ASKED_AT_ONCE = 8;
const OPERATOR_SELECTOR = "app.kubernetes.io/name=opentelemetry-operator";

async function look(
  reader: ClusterReader,
  { namespaces }: DoctorOptions,
): Promise<Omit<FirstLook, "kubernetes" | "nowMs">> {
  const definitions = await readDefinitions(reader);
  const operators = await reader.list<Deployment>(RESOURCES.Deployment, undefined, {
    labelSelector: OPERATOR_SELECTOR,
  });
  const monitors = async (type: (typeof MONITOR_RESOURCES)[keyof typeof MONITOR_RESOURCES]) =>
    reader.list<MonitorObject>(type, namespaces);
  return {
    ...definitions,
    ownName: await reader.ownName(),
    collectors: await reader.list<CustomResource>(RESOURCES.OpenTelemetryCollector, namespaces),
    targetAllocators: await reader.list<CustomResource>(RESOURCES.TargetAllocator, namespaces),
    operators,
    lease: await readLease(reader, operators),
    webhooks: await readWebhooks(reader),
    namespaces: await reader.list(RESOURCES.Namespace),
    monitors: {
      ServiceMonitor: await monitors(MONITOR_RESOURCES.ServiceMonitor),
      PodMonitor: await monitors(MONITOR_RESOURCES.PodMonitor),
      Probe: await monitors(MONITOR_RESOURCES.Probe),
      ScrapeConfig: await monitors(MONITOR_RESOURCES.ScrapeConfig),
    },
    policies: await reader.list<NetworkPolicy>(RESOURCES.NetworkPolicy, namespaces),
  };
}

/** The lease of the first operator there is; none is looked for without an operator. */
async function readLease(
  reader: ClusterReader,
  operators: Known<readonly Deployment[]>,
): Promise<Known<readonly LeaseObject[]>> {
  const [operator] = ownOperators({ operators });
  if (operator === undefined) return undefined;
  const { namespace = "" } = operator.metadata;
  return reader.find<LeaseObject>(RESOURCES.Lease, { namespace, name: OPERATOR_LEASE });
}

async function readDefinitions(
  reader: ClusterReader,
): Promise<Pick<Observation, "definitions" | "missingDefinitions">> {
  const definitions = new Map<string, Definition>();
  const missingDefinitions = new Set<string>();
  for (const name of DEFINITION_NAMES) {
    const found = await reader.find<Definition>(RESOURCES.CustomResourceDefinition, { namespace: "", name });
    const [definition] = found ?? [];
    if (definition !== undefined) definitions.set(name, definition);
    else if (found !== undefined) missingDefinitions.add(name);
  }
  return { definitions, missingDefinitions };
}

async function readWebhooks(reader: ClusterReader): Promise<Known<readonly WebhookConfiguration[]>> {
  const parts: Known<readonly WebhookConfiguration[]>[] = [];
  for (const type of WEBHOOK_KINDS) parts.push(await reader.list<WebhookConfiguration>(type));
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

async function readBackends(reader: ClusterReader, first: FirstLook): Promise<ReadonlyMap<string, Backend>> {
  const backends = new Map<string, Backend>();
  for (const key of backendsOf(first)) backends.set(keyOf(key), await readBackend(reader, key));
  return backends;
}

async function readBackend(reader: ClusterReader, key: NamespacedName): Promise<Backend> {
  const labelSelector = `kubernetes.io/service-name=${key.name}`;
  return {
    service: await reader.find<ServiceObject>(RESOURCES.Service, key),
    slices: await reader.list<EndpointSliceObject>(RESOURCES.EndpointSlice, [key.namespace], { labelSelector }),
  };
}

/** The Service by which pods reach the API server. */
const API_SERVICE: NamespacedName = { namespace: "default", name: "kubernetes" };

async function readApiServer(reader: ClusterReader): Promise<ApiServerAddress | undefined> {
  const { service, slices } = await readBackend(reader, API_SERVICE);
  const { clusterIPs = [], ports: [first] = [] } = service?.[0]?.spec ?? {};
  if (first === undefined || slices === undefined) return undefined;
  return {
    // Pods are told the first: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    service: endpointsOf(clusterIPs, [first.port]),
    // Instances may listen on different ports; then they stand in different slices.
    instances: slices.flatMap(({ endpoints, ports }) => {
      const same = (ports ?? []).filter(({ name = "" }) => name === (first.name ?? ""));
      return endpointsOf(
        (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
        same.flatMap(({ port }) => port ?? []),
      );
    }),
  };
}

function endpointsOf(ips: readonly string[], ports: readonly number[]): readonly Endpoint[] {
  return ips.flatMap((ip) => ports.map((port) => ({ ip, port })));
}

async function withSurroundings(reader: ClusterReader, allocator: ObservedAllocator): Promise<ObservedAllocator> {
  const accounts = await reader.find<KubeObject>(RESOURCES.ServiceAccount, allocator.account);
  const { selector } = allocator;
  const { namespace } = allocator.name;
  const pods =
    selector === undefined ? undefined : await reader.list(RESOURCES.Pod, [namespace], { labelSelector: selector });
  return {
    ...allocator,
    accountExists: accounts === undefined ? undefined : accounts.length > 0,
    ...(pods === undefined ? {} : { selectedPods: pods.length }),
  };
}
