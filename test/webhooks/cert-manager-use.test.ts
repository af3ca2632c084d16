import { describe, expect, it } from "@jest/globals";

import { problemsOfTargetAllocator } from "../../src/api/opentelemetry/validate-target-allocator.ts";
import type { MtlsSpec, OpenTelemetryCollector } from "../../src/api/opentelemetry/v1beta1.ts";
import { problemsOf } from "../../src/api/opentelemetry/validate.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { ForbiddenError, KubeError, NotFoundError } from "../../src/kube/errors.ts";
import { AccessReviewer } from "../../src/webhooks/access-review.ts";
import { certManagerLookup, clusterFor } from "../../src/webhooks/cert-manager-use.ts";
import type { Verdict } from "../../src/webhooks/admission.ts";
import { validateCollector } from "../../src/webhooks/collector-admission.ts";
import { validateTargetAllocator } from "../../src/webhooks/target-allocator-admission.ts";
import { collector } from "../support/collectors.ts";

const { signal } = new AbortController();
const ABSENT =
  "mTLS is enabled with useCertManager but cert-manager is not available; install cert-manager and restart the " +
  "operator, or set useCertManager to false";
const BY_CERT_MANAGER = { enabled: true, useCertManager: true };

const failing = (error: Error) => (): never => {
  throw error;
};

describe("certManagerLookup", () => {
  const lookup = async (answer: () => undefined): Promise<unknown> =>
    certManagerLookup({ get: async () => answer() })("shop", signal);

  it.each<{ name: string; answer: () => undefined; want: boolean | undefined }>([
    { name: "is there when there is no such Certificate", answer: () => undefined, want: true },
    {
      name: "is not there when there are no Certificates at all",
      answer: failing(new NotFoundError("no such path", { status: 404, reason: "" })),
      want: false,
    },
    {
      name: "may be there when that may not be seen",
      answer: failing(new ForbiddenError("no", { status: 403, reason: "Forbidden" })),
      want: undefined,
    },
    {
      name: "may be there when the API server fails",
      answer: failing(new KubeError("broken", { status: 500, reason: "" })),
      want: undefined,
    },
  ])("$name", async ({ answer, want }) => {
    expect(await lookup(answer)).toBe(want);
  });

  it("takes no fault of its own for an answer", async () => {
    await expect(lookup(failing(new TypeError("a bug")))).rejects.toThrow("a bug");
  });
});

describe("clusterFor", () => {
  it.each<{ name: string; mtls: MtlsSpec | undefined; before?: MtlsSpec; asked: boolean }>([
    { name: "asks for who wants cert-manager", mtls: BY_CERT_MANAGER, asked: true },
    { name: "asks for who says nothing, which is the same", mtls: { enabled: true }, asked: true },
    {
      name: "asks for who wants it from now on",
      mtls: BY_CERT_MANAGER,
      before: { enabled: true, useCertManager: false },
      asked: true,
    },
    { name: "lets go on who relied on it before", mtls: BY_CERT_MANAGER, before: BY_CERT_MANAGER, asked: false },
    {
      name: "asks nothing for certificates of other origin",
      mtls: { enabled: true, useCertManager: false },
      asked: false,
    },
    { name: "asks nothing without mutual TLS", mtls: { useCertManager: true }, asked: false },
    { name: "asks nothing where nothing is said", mtls: undefined, asked: false },
  ])("$name", async ({ mtls, before, asked }) => {
    const cluster = await clusterFor({ namespace: "shop", mtls, before }, async () => false, signal);
    expect(cluster).toEqual(asked ? { certManager: false } : {});
  });

  it("holds nothing against anybody that is not known", async () => {
    const change = { namespace: "shop", mtls: BY_CERT_MANAGER, before: undefined };
    expect(await clusterFor(change, async () => undefined, signal)).toEqual({});
  });
});

const access = new AccessReviewer({} as unknown as KubeClient);
const requester = { username: "eve", groups: [] };

function withMtls(mtls: object): OpenTelemetryCollector {
  const base = collector();
  return { ...base, spec: { ...base.spec, targetAllocator: { enabled: true, mtls } } } as OpenTelemetryCollector;
}

async function admitCollector(certManager: boolean, mtls: object, before?: object): Promise<Verdict> {
  const knowledge = {
    problems: problemsOf,
    certManager: async () => certManager,
    buildProblem: () => undefined,
    allocatorAccount: () => undefined,
    allocatorGrant: () => undefined,
    needs: async () => ({ account: "", rules: [], granted: false }),
  };
  const change = { object: withMtls(mtls), before: before === undefined ? undefined : withMtls(before) };
  return validateCollector(knowledge, access)({ ...change, requester, dryRun: false, signal });
}

async function admitAllocator(mtls: object, owner?: string): Promise<Verdict> {
  const ownerReferences = owner === undefined ? [] : [{ apiVersion: "v1", kind: owner, name: "main", uid: "1" }];
  const object = {
    apiVersion: "opentelemetry.io/v1alpha1",
    kind: "TargetAllocator" as const,
    metadata: { name: "ta", namespace: "shop", ownerReferences },
    spec: { mtls },
  };
  const knowledge = {
    problems: problemsOfTargetAllocator,
    certManager: async () => false,
    account: () => undefined,
    grant: () => undefined,
  };
  return validateTargetAllocator(knowledge, access)({ object, before: undefined, requester, dryRun: false, signal });
}

describe("where there is no cert-manager", () => {
  it("a collector that asks for it is refused", async () => {
    expect(await admitCollector(false, BY_CERT_MANAGER)).toEqual({ problem: ABSENT });
    expect((await admitCollector(true, BY_CERT_MANAGER)).problem).toBeUndefined();
  });

  it("a collector whose certificates the operator issues is admitted", async () => {
    expect((await admitCollector(false, { enabled: true, useCertManager: false })).problem).toBeUndefined();
  });

  it("a collector that has asked for it while there was one can be changed", async () => {
    expect((await admitCollector(false, BY_CERT_MANAGER, BY_CERT_MANAGER)).problem).toBeUndefined();
  });

  it("a TargetAllocator that asks for it is refused, but for one that follows its collector", async () => {
    expect(await admitAllocator(BY_CERT_MANAGER)).toEqual({ problem: ABSENT });
    expect((await admitAllocator(BY_CERT_MANAGER, "OpenTelemetryCollector")).problem).toBeUndefined();
    expect(await admitAllocator(BY_CERT_MANAGER, "ConfigMap")).toEqual({ problem: ABSENT });
  });
});
