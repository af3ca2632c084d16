import type { KubeObject } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { type DesiredResource, excessPatch, OPTIONAL_KINDS, OWNED_KINDS } from "../../controllers/index.ts";
import { applyDry } from "../../kube/client-node/dry-run.ts";
import type { KubeConnection } from "../../kube/client-node/connection.ts";
import { ConflictError, InvalidError, NotFoundError } from "../../kube/errors.ts";
import { applyMergePatch } from "../../kube/merge-patch.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { knownKind } from "../known-kinds.ts";
import { comparedName, type Comparison } from "./comparison.ts";
import { withoutOwners } from "./desired-objects.ts";

const MANAGED_BY = "app.kubernetes.io/managed-by";
const INSTANCE = "app.kubernetes.io/instance";

/**
 * What the operator would change in a cluster: for each object what the server would store of it, by a dry run, and the
 * objects of the resources that it would remove. Older ConfigMaps of collectors stay, as the operator lets them.
 */
export async function compareWithCluster(
  resources: readonly DesiredResource[],
  connection: KubeConnection,
  signal: AbortSignal,
): Promise<readonly Comparison[]> {
  const objects = resources.flatMap((resource) => resource.objects.map(withoutOwners));
  const comparisons: Comparison[] = [];
  for (const object of objects) comparisons.push(...(await compareObject(object, connection, signal)));
  const wanted = new Set(objects.map(comparedName));
  const owners = new Set([...resources.map(({ resource }) => comparedName(resource)), ...wanted]);
  for (const instance of instancesOf(objects)) {
    const live = await listInstance(instance, connection, signal);
    const gone = live.filter((object) => !wanted.has(comparedName(object)) && isOwned(object, owners));
    comparisons.push(...gone.map((before) => ({ name: comparedName(before), before, after: undefined })));
  }
  return comparisons;
}

async function compareObject(
  object: KubeObject,
  connection: KubeConnection,
  signal: AbortSignal,
): Promise<readonly Comparison[]> {
  const type = knownKind(object.kind);
  const name = comparedName(object);
  const { namespace = "" } = object.metadata;
  if (type === undefined) return [];
  try {
    const before = await connection.client.get(type, { namespace, name: object.metadata.name }, signal);
    // What a server fills in says nothing about what is new; it is asked all the same whether it would take it.
    const stored = await applyDry(connection, type, object, signal);
    const excess = excessPatch(stored, object);
    const result = excess === undefined ? stored : (applyMergePatch(stored, excess) as KubeObject);
    return [{ name, before, after: before === undefined ? object : result }];
  } catch (error) {
    if (error instanceof NotFoundError) return missing(error, object);
    if (!(error instanceof InvalidError || error instanceof ConflictError)) throw error;
    const before = await connection.client.get(type, { namespace, name: object.metadata.name }, signal);
    // Of something new it is an error, of what is there a change that only a new object can have.
    if (before === undefined) throw error;
    return [{ name, before, after: object, note: `it cannot be changed in place (${errorMessage(error)})` }];
  }
}

/** A namespace comes with the resource; of a kind that is not installed the operator makes nothing. */
function missing({ reason }: NotFoundError, object: KubeObject): readonly Comparison[] {
  return reason === "NotFound" ? [{ name: comparedName(object), before: undefined, after: object }] : [];
}

interface Instance {
  readonly namespace: string;
  readonly instance: string;
}

function instancesOf(objects: readonly KubeObject[]): readonly Instance[] {
  const instances = objects.flatMap(({ metadata: { namespace = "", labels } }) => {
    const instance = labels?.[INSTANCE];
    return instance === undefined ? [] : [[`${namespace} ${instance}`, { namespace, instance }] as const];
  });
  return [...new Map(instances).values()];
}

async function listInstance(
  { namespace, instance }: Instance,
  { client }: KubeConnection,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const labelSelector = `${MANAGED_BY}=opentelemetry-operator,${INSTANCE}=${instance}`;
  const found: KubeObject[] = [];
  for (const type of [...OWNED_KINDS, ...OPTIONAL_KINDS, RESOURCES.TargetAllocator]) {
    try {
      found.push(...(await client.list<KubeObject>(type, { namespace, labelSelector }, signal)));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return found;
}

/** Whether it belongs to one of the resources, and is not a ConfigMap that pods of an older generation may mount. */
function isOwned({ kind, metadata }: KubeObject, owners: ReadonlySet<string>): boolean {
  const { namespace = "", ownerReferences = [], labels } = metadata;
  const isKept = kind === "ConfigMap" && labels?.["app.kubernetes.io/component"] === "opentelemetry-collector";
  return !isKept && ownerReferences.some((owner) => owners.has(`${owner.kind} ${namespace}/${owner.name}`));
}
