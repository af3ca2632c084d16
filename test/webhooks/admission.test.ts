import { describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { withDefaults } from "../../src/api/opentelemetry/default.ts";
import type { OpenTelemetryCollector } from "../../src/api/opentelemetry/v1beta1.ts";
import { KubeError } from "../../src/kube/errors.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { AccessReviewer } from "../../src/webhooks/access-review.ts";
import type { CollectorKnowledge } from "../../src/webhooks/collector-admission.ts";
import { createWebhooks } from "../../src/webhooks/webhooks.ts";
import { collector } from "../support/collectors.ts";

const MUTATE = "/mutate-opentelemetry-io-v1beta1-opentelemetrycollector";
const VALIDATE = "/validate-opentelemetry-io-v1beta1-opentelemetrycollector";
const MUTATE_ALLOCATOR = "/mutate-opentelemetry-io-v1alpha1-targetallocator";
const VALIDATE_ALLOCATOR = "/validate-opentelemetry-io-v1alpha1-targetallocator";

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly message: string };
  readonly warnings?: readonly string[];
  readonly patch?: string;
}

interface ReviewedAttributes {
  readonly verb: string;
  readonly resource?: string;
  readonly path?: string;
  readonly group?: string;
}

interface AskedReview extends KubeObject {
  readonly spec: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly resourceAttributes?: ReviewedAttributes;
    readonly nonResourceAttributes?: ReviewedAttributes;
  };
}

/** What users are asked about, and may do; as `user: verb group/resource`. */
class Accesses {
  readonly asked: string[] = [];
  readonly reviews: AskedReview[] = [];
  readonly allowed = new Set<string>();
  failure: Error | undefined;

  readonly client = {
    create: async (_type: unknown, review: AskedReview): Promise<KubeObject> => {
      if (this.failure !== undefined) throw this.failure;
      if (review.kind === "SelfSubjectReview") {
        return { ...review, status: { userInfo: { username: "operator" } } } as KubeObject;
      }
      const { user, resourceAttributes, nonResourceAttributes } = review.spec;
      const { verb, group = "", resource, path } = resourceAttributes ?? nonResourceAttributes ?? { verb: "" };
      const question = `${user}: ${verb} ${path ?? `${group}/${resource ?? ""}`}`;
      this.asked.push(question);
      this.reviews.push(review);
      return { ...review, status: { allowed: this.allowed.has(question) } } as KubeObject;
    },
  } as unknown as KubeClient;
}

const NOTHING_WRONG: CollectorKnowledge = {
  problems: () => [],
  certManager: async () => true,
  buildProblem: () => undefined,
  allocatorAccount: () => undefined,
  allocatorGrant: () => undefined,
  needs: async () => ({ account: "", rules: [], granted: false }),
};

/** What `rbac.create` asks for. */
const GRANT = { namespace: "shop", name: "ta", rules: [{ resources: ["secrets"], verbs: ["get", "list"] }] };

function stage(known: Partial<CollectorKnowledge> = {}) {
  const accesses = new Accesses();
  const announced: string[] = [];
  const webhooks = createWebhooks({
    collectors: { ...NOTHING_WRONG, ...known },
    allocators: {
      problems: ({ spec }) => (spec.replicas === 7 ? ["seven are too many"] : []),
      certManager: async () => true,
      account: ({ spec: { serviceAccount: name } }) =>
        name === undefined ? undefined : { namespace: "shop", name, rules: [{ resources: ["pods"], verbs: ["list"] }] },
      grant: ({ spec: { rbac } }) => (rbac?.create === true ? GRANT : undefined),
    },
    access: new AccessReviewer(accesses.client),
    announce: ({ metadata: { name } }, { reason }) => void announced.push(`${name}: ${reason}`),
    defaulting: {},
  });
  const ask = async (path: string, request: object): Promise<Response> => {
    const body = {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      request: { uid: "u", operation: "CREATE", userInfo: { username: "eve", groups: ["devs"] }, ...request },
    };
    const review = await webhooks.get(path)?.answer(body, new AbortController().signal);
    return (review as { readonly response: Response }).response;
  };
  return { accesses, announced, ask, webhooks };
}

const bare = (): OpenTelemetryCollector => ({ ...collector(), apiVersion: "opentelemetry.io/v1beta1" });
const patchOf = ({ patch = "" }: Response): unknown => JSON.parse(Buffer.from(patch, "base64").toString() || "[]");
const allocator = (spec: object): KubeObject =>
  ({
    apiVersion: "opentelemetry.io/v1alpha1",
    kind: "TargetAllocator",
    metadata: { name: "ta", namespace: "shop" },
    spec,
  }) as KubeObject;

describe("what is not asked about", () => {
  it.each([
    {
      name: "a deletion, however broken the resource is",
      request: { operation: "DELETE", oldObject: { broken: true } },
    },
    {
      name: "a change of the status",
      request: { operation: "UPDATE", subResource: "status", object: bare(), oldObject: bare() },
    },
    { name: "a connection", request: { operation: "CONNECT" } },
  ])("is admitted: $name", async ({ request }) => {
    const { ask, accesses } = stage({ problems: () => ["wrong"] });
    for (const path of [MUTATE, VALIDATE, MUTATE_ALLOCATOR, VALIDATE_ALLOCATOR]) {
      expect(await ask(path, request)).toEqual({ uid: "u", allowed: true });
    }
    expect(accesses.asked).toEqual([]);
  });
});

describe("what cannot be answered", () => {
  it.each([
    {
      name: "another kind",
      request: { object: { apiVersion: "v1", kind: "Pod", metadata: {} } },
      want: "it is Pod of v1",
    },
    {
      name: "another version",
      request: { object: { ...bare(), apiVersion: "opentelemetry.io/v1alpha1" } },
      want: "of opentelemetry.io/v1alpha1",
    },
    { name: "no object", request: {}, want: "request.object must be a OpenTelemetryCollector" },
    {
      name: "an update of nothing",
      request: { operation: "UPDATE", object: bare() },
      want: "request.oldObject must be",
    },
    { name: "no operation", request: { operation: undefined }, want: "needs request.operation" },
  ])("is refused with what was expected: $name", async ({ request, want }) => {
    await expect(stage().ask(VALIDATE, request)).rejects.toThrow(want);
  });
});

describe("defaults of a collector", () => {
  it("are a patch of what is missing, and an Event tells of the metrics reader", async () => {
    const { ask, announced } = stage();
    const object = { ...bare(), spec: { config: bare().spec?.config } };
    const response = await ask(MUTATE, { object });
    expect(patchOf(response)).toEqual(expect.arrayContaining([{ op: "add", path: "/spec/mode", value: "deployment" }]));
    expect(announced).toEqual(["main: Spec.Service.Telemetry.DefaultsApplied"]);
  });

  it("happen to nobody in a dry run", async () => {
    const { ask, announced } = stage();
    await ask(MUTATE, { object: bare(), dryRun: true });
    expect(announced).toEqual([]);
  });

  it("are none for what has them, and nothing is announced again", async () => {
    const { ask, announced, webhooks } = stage();
    expect(await ask(MUTATE, { object: withDefaults(bare()) })).toEqual({ uid: "u", allowed: true });
    expect(announced).toEqual([]);
    expect(webhooks.size).toBe(5);
  });
});

describe("a collector", () => {
  it("is refused with the worst of its problems", async () => {
    const response = await stage({ problems: () => ["worst", "bad"] }).ask(VALIDATE, { object: bare() });
    expect(response).toMatchObject({ allowed: false, status: { message: "worst", code: 403, reason: "Forbidden" } });
  });

  it("cannot change its mode", async () => {
    const changed = { ...bare(), spec: { ...bare().spec, mode: "daemonset" } };
    const response = await stage().ask(VALIDATE, { operation: "UPDATE", object: changed, oldObject: bare() });
    expect(response.status?.message).toMatch(/mode is set to \w+, which does not support modification/);
  });

  it("is admitted with a warning about objects that cannot be made", async () => {
    const response = await stage({ buildProblem: () => "no objects" }).ask(VALIDATE, { object: bare() });
    expect(response).toMatchObject({ allowed: true, warnings: expect.arrayContaining(["no objects"]) });
  });

  it("is admitted with a warning about each thing that its allocator's account lacks, asked once", async () => {
    const rules = [
      { group: "", resources: ["pods", "nodes/metrics"], verbs: ["get", "list"] },
      { group: "", resources: ["pods"], verbs: ["list", "watch"] },
      { paths: ["/metrics"], verbs: ["get"] },
      { group: "apps", resources: ["replicasets"], verbs: ["get"], namespace: "shop" },
    ];
    const { ask, accesses } = stage({ allocatorAccount: () => ({ namespace: "shop", name: "ta", rules }) });
    const user = "system:serviceaccount:shop:ta";
    accesses.allowed.add(`${user}: get /pods`);
    const { allowed, warnings } = await ask(VALIDATE, { object: bare() });
    expect(allowed).toBe(true);
    expect(warnings?.filter((warning) => warning.startsWith("missing"))).toEqual([
      `missing the following rules for ${user} - pods: [list,watch]`,
      `missing the following rules for ${user} - nodes/metrics: [get,list]`,
      `missing the following rules for ${user} - nonResourceURL: /metrics: [get]`,
      `missing the following rules for ${user} - apps/replicasets in namespace shop: [get]`,
    ]);
    expect(accesses.asked).toHaveLength(7);
    expect(accesses.reviews[2]?.spec).toMatchObject({
      groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
      resourceAttributes: { resource: "nodes", subresource: "metrics" },
    });
  });
});

describe("a collector whose configuration needs permissions that the operator grants", () => {
  const RULES = [{ group: "", resources: ["pods", "nodes"], verbs: ["list"] }];
  const granting = () => stage({ needs: async () => ({ account: "main-collector", rules: RULES, granted: true }) });
  const ACCOUNT = "system:serviceaccount:default:main-collector";

  it("is refused to a user who does not hold them, also where autoscaling is set", async () => {
    const { ask, accesses } = granting();
    accesses.allowed.add("eve: list /nodes");
    const spec = { ...bare().spec, autoscaler: { maxReplicas: 3 } };
    const { allowed, status } = await ask(VALIDATE, { object: { ...bare(), spec } });
    expect(allowed).toBe(false);
    expect(status?.message).toBe(
      'user "eve" is not allowed to create a collector whose config would grant permissions they do not hold: pods: [list]',
    );
    expect(accesses.reviews.at(-1)?.spec.groups).toEqual(["devs"]);
  });

  it("is admitted to one who does, and nobody is asked about what the account may do already", async () => {
    const { ask, accesses } = granting();
    for (const one of [`${ACCOUNT}: list /pods`, `${ACCOUNT}: list /nodes`]) accesses.allowed.add(one);
    const { allowed } = await ask(VALIDATE, {
      object: { ...bare(), metadata: { name: "main", namespace: "default" } },
    });
    expect(allowed).toBe(true);
    expect(accesses.asked.filter((question) => question.startsWith("eve"))).toEqual([]);
  });

  it("is refused, with the reason, when the API server does not say who may do what", async () => {
    const { ask, accesses } = granting();
    accesses.failure = new KubeError("creating SubjectAccessReview: it was down", { status: 0, reason: "" });
    await expect(ask(VALIDATE, { object: bare() })).rejects.toThrow(
      /unable to check rbac rules of system:serviceaccount/,
    );
  });

  it("is admitted with a warning where the user's own account lacks them and the operator grants nothing", async () => {
    const { ask } = stage({ needs: async () => ({ account: "own", rules: RULES, granted: false }) });
    const spec = { ...bare().spec, serviceAccount: "own" };
    const { allowed, warnings } = await ask(VALIDATE, { object: { ...bare(), spec } });
    expect(allowed).toBe(true);
    expect(warnings).toContain("RBAC rules are missing: pods: [list], nodes: [list]");
  });
});

describe("roles that are asked for by rbac.create", () => {
  const asking = () => stage({ allocatorGrant: () => GRANT });
  const ACCOUNT = "system:serviceaccount:shop:ta";
  const spec = { rbac: { create: true } };
  const owned = allocator(spec);
  const ownerReferences = [{ apiVersion: "x/v1", kind: "OpenTelemetryCollector", name: "main", uid: "u" }];
  const cases = [
    { name: "a collector", path: VALIDATE, object: bare(), field: "spec.targetAllocator.rbac.create" },
    { name: "a TargetAllocator", path: VALIDATE_ALLOCATOR, object: allocator(spec), field: "spec.rbac.create" },
    {
      name: "a TargetAllocator that is said to be a collector's",
      path: VALIDATE_ALLOCATOR,
      object: { ...owned, metadata: { ...owned.metadata, ownerReferences } },
      field: "spec.rbac.create",
    },
  ];

  it.each(cases)("of $name are refused to a user who does not hold what they give", async ({ path, object, field }) => {
    const { ask, accesses } = asking();
    accesses.allowed.add("eve: get /secrets");
    const { allowed, status } = await ask(path, { object });
    expect(allowed).toBe(false);
    expect(status?.message).toMatch(/^user "eve" is not allowed to create a (collector|TargetAllocator) whose /);
    expect(status?.message).toContain(`${field} would grant permissions they do not hold: secrets: [list]; without`);
  });

  it.each(cases)("of $name are admitted to a user who does, and to the operator itself", async ({ path, object }) => {
    const { ask, accesses } = asking();
    expect(await ask(path, { object, userInfo: { username: "operator" } })).toMatchObject({ allowed: true });
    for (const verb of ["get", "list"]) accesses.allowed.add(`eve: ${verb} /secrets`);
    expect(await ask(path, { object })).toMatchObject({ allowed: true });
  });

  it.each(cases)("of $name change nothing where the account has all of it", async ({ path, object }) => {
    const { ask, accesses } = asking();
    for (const verb of ["get", "list"]) accesses.allowed.add(`${ACCOUNT}: ${verb} /secrets`);
    expect(await ask(path, { object })).toMatchObject({ allowed: true });
    expect(accesses.asked.filter((question) => question.startsWith("eve"))).toEqual([]);
  });
});

describe("a TargetAllocator", () => {
  it("gets its defaults", async () => {
    expect(patchOf(await stage().ask(MUTATE_ALLOCATOR, { object: allocator({}) }))).toEqual(
      expect.arrayContaining([{ op: "add", path: "/spec/podDisruptionBudget", value: { maxUnavailable: 1 } }]),
    );
  });

  it("is refused with its problem, and admitted with what its account lacks", async () => {
    const { ask } = stage();
    const refused = await ask(VALIDATE_ALLOCATOR, { object: allocator({ replicas: 7 }) });
    expect(refused).toMatchObject({ allowed: false, status: { message: "seven are too many" } });
    const { allowed, warnings } = await ask(VALIDATE_ALLOCATOR, { object: allocator({ serviceAccount: "own" }) });
    expect({ allowed, warnings }).toEqual({
      allowed: true,
      warnings: ["missing the following rules for system:serviceaccount:shop:own - pods: [list]"],
    });
  });
});
