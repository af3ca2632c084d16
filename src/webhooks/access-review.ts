import type { KubeObject } from "../api/meta.ts";
import { REVIEWS } from "../api/review-types.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Requester } from "./admission.ts";

/** Something that somebody may or may not be allowed to do: verbs on resources of a group, or on paths. */
export interface AccessRule {
  /** Undefined: in all namespaces, or of kinds that stand in none. */
  readonly namespace?: string | undefined;
  /** Of `resources`. @default the core group */
  readonly group?: string;
  /** Plural names, with a subresource after a slash; absent for paths. */
  readonly resources?: readonly string[];
  /** Objects of these names only. @default of any name */
  readonly resourceNames?: readonly string[];
  /** Paths of the API server itself, such as `/metrics`. */
  readonly paths?: readonly string[];
  readonly verbs: readonly string[];
}

/** What one of the rules lacks: the verbs that are denied, on one resource or path. */
export interface MissingAccess {
  /** `apps/deployments`, `pods`, or `nonResourceURL: /metrics`; with the namespace behind it where there is one. */
  readonly what: string;
  readonly verbs: readonly string[];
  /** The same as rules, each of one verb. */
  readonly rules: readonly AccessRule[];
}

/** The API server did not say whether somebody is allowed something. */
class AccessReviewError extends Error {
  readonly code = "ACCESS_REVIEW";
  override readonly name = "AccessReviewError";
}

interface SelfSubjectReview extends KubeObject {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

interface SubjectAccessReview extends KubeObject {
  readonly spec: unknown;
  readonly status?: { readonly allowed: boolean };
}

/** One question that an API server answers by yes or no. */
interface Question {
  readonly what: string;
  readonly verb: string;
  /** It alone. */
  readonly rule: AccessRule;
}

/** Questions that are open at the same time. An API server shares its time among its clients. */
const AT_ONCE = 8;

/** The account of pods, as a requester. Groups are those that every such account has. */
export function serviceAccount(namespace: string, name: string): Requester {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { username: `system:serviceaccount:${namespace}:${name}`, groups };
}

/** Asks an API server what others are allowed to do. */
export class AccessReviewer {
  readonly #client: KubeClient;
  #self: string | undefined;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /**
   * What of the rules the subject lacks, in their order. Each thing is asked once, however many rules have it. Rejects with an error of code ACCESS_REVIEW when the API server does not answer.
   */
  async missing(
    subject: Requester,
    rules: readonly AccessRule[],
    signal: AbortSignal,
  ): Promise<readonly MissingAccess[]> {
    const questions = [...new Map(rules.flatMap(questionsOf).map((each) => [JSON.stringify(each), each])).values()];
    const denied: Question[] = [];
    for (let start = 0; start < questions.length; start += AT_ONCE) {
      const some = questions.slice(start, start + AT_ONCE);
      const allowed = await Promise.all(some.map(async (question) => this.#isAllowed(subject, question, signal)));
      denied.push(...some.filter((_question, index) => allowed[index] === false));
    }
    const byThing = Map.groupBy(denied, ({ what }) => what);
    return [...byThing].map(([what, some]) => ({
      what,
      verbs: some.map(({ verb }) => verb),
      rules: some.map(({ rule }) => rule),
    }));
  }

  /** Whether the subject is whose questions these are. Rejects with an error of code ACCESS_REVIEW when nobody says. */
  async isSelf({ username }: Requester, signal: AbortSignal): Promise<boolean> {
    this.#self ??= await this.#askSelf(signal);
    return username === this.#self;
  }

  async #askSelf(signal: AbortSignal): Promise<string | undefined> {
    const { group, version, kind } = REVIEWS.SelfSubjectReview;
    const review: SelfSubjectReview = { apiVersion: `${group}/${version}`, kind, metadata: { name: "" } };
    try {
      return (await this.#client.create(REVIEWS.SelfSubjectReview, review, signal)).status?.userInfo?.username;
    } catch (cause) {
      throw new AccessReviewError("unable to find out whom the API server takes the operator for", { cause });
    }
  }

  async #isAllowed(subject: Requester, { rule, verb }: Question, signal: AbortSignal): Promise<boolean> {
    const { username: user, ...rest } = subject;
    const { group, version, kind } = REVIEWS.SubjectAccessReview;
    const review: SubjectAccessReview = {
      apiVersion: `${group}/${version}`,
      kind,
      metadata: { name: "" },
      spec: { user, ...rest, ...attributesOf(rule, verb) },
    };
    try {
      const { status } = await this.#client.create(REVIEWS.SubjectAccessReview, review, signal);
      return status?.allowed === true;
    } catch (cause) {
      throw new AccessReviewError(`unable to check rbac rules of ${user}`, { cause });
    }
  }
}

function questionsOf(rule: AccessRule): readonly Question[] {
  const { namespace, group = "", resources = [], resourceNames, paths = [], verbs } = rule;
  const scope = namespace === undefined ? { group } : { group, namespace };
  const ofResources = resources.flatMap((resource): readonly Omit<AccessRule, "verbs">[] => {
    const one = { ...scope, resources: [resource] };
    return resourceNames === undefined
      ? [one]
      : resourceNames.map((name) => Object.assign({ resourceNames: [name] }, one));
  });
  const ofPaths = paths.map((path) => ({ paths: [path] }));
  return [...ofResources, ...ofPaths].flatMap((one) =>
    verbs.map((verb) => ({ what: describe(one), verb, rule: Object.assign({ verbs: [verb] }, one) })),
  );
}

function describe({ namespace, group = "", resources, resourceNames, paths }: Omit<AccessRule, "verbs">): string {
  if (resources === undefined) return `nonResourceURL: ${String(paths?.[0])}`;
  const resource = `${group === "" ? "" : `${group}/`}${String(resources[0])}`;
  const named = resourceNames === undefined ? resource : `${resource} ${String(resourceNames[0])}`;
  return namespace === undefined ? named : `${named} in namespace ${namespace}`;
}

/** Of a rule for one resource or path, as a review has them. */
function attributesOf(rule: AccessRule, verb: string): Readonly<Record<string, unknown>> {
  if (rule.resources === undefined) return { nonResourceAttributes: { path: rule.paths?.[0], verb } };
  const [resource, subresource] = rule.resources[0]?.split("/") ?? [];
  const { group, namespace, resourceNames } = rule;
  return { resourceAttributes: { group, resource, subresource, verb, namespace, name: resourceNames?.[0] } };
}

/** `pods: [get,list]`, joined; as the Go operator tells what an account lacks. */
export function describeMissing(missing: readonly MissingAccess[]): string {
  return missing.map(({ what, verbs }) => `${what}: [${verbs.join(",")}]`).join(", ");
}
