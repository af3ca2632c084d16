import { beforeEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import type { ResourceType } from "../../src/api/resource-type.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { PathAccess, type PathVerdict } from "../../src/kube/path-access.ts";
import { FakeClock } from "../support/fake-clock.ts";

const ACCOUNT = "system:serviceaccount:monitoring:prometheus";

let asked: KubeObject[];
let allowed: boolean;
let clock: FakeClock;
let access: PathAccess;

/** Answers reviews as an API server does that knows one token. */
const client = {
  async create(type: ResourceType, object: KubeObject) {
    asked.push(object);
    if (type.kind === "SubjectAccessReview") return { ...object, status: { allowed } };
    const { token } = (object as unknown as { spec: { token: string } }).spec;
    const user = { username: ACCOUNT, uid: "u", groups: ["system:serviceaccounts"], extra: { a: ["b"] } };
    return { ...object, status: token === "good" ? { authenticated: true, user } : { error: "no" } };
  },
} as unknown as KubeClient;

beforeEach(() => {
  asked = [];
  allowed = true;
  clock = new FakeClock(0);
  access = new PathAccess(client, clock);
});

const review = async (token = "good"): Promise<PathVerdict> =>
  access.review(token, "/metrics", "get", AbortSignal.timeout(10_000));

describe("PathAccess", () => {
  it("asks whose token it is, and whether that account may, with its groups and all", async () => {
    expect(await review()).toEqual({ kind: "allowed" });
    expect(asked).toMatchObject([
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "good" } },
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: ACCOUNT,
          uid: "u",
          groups: ["system:serviceaccounts"],
          extra: { a: ["b"] },
          nonResourceAttributes: { path: "/metrics", verb: "get" },
        },
      },
    ]);
  });

  it("says who is denied", async () => {
    allowed = false;
    expect(await review()).toEqual({ kind: "denied", user: ACCOUNT });
  });

  it("asks nothing more about a token that nobody knows", async () => {
    expect(await review("bad")).toEqual({ kind: "unknown" });
    expect(asked).toHaveLength(1);
  });

  it.each<{ name: string; token: string; afterMs: number; want: number }>([
    { name: "what is allowed, for a minute", token: "good", afterMs: 59_999, want: 2 },
    { name: "what is allowed, for no longer", token: "good", afterMs: 60_000, want: 4 },
    { name: "what is refused, for ten seconds", token: "bad", afterMs: 9_999, want: 1 },
    { name: "what is refused, for no longer", token: "bad", afterMs: 10_000, want: 2 },
  ])("remembers $name", async ({ token, afterMs, want }) => {
    await review(token);
    await clock.advance(afterMs);
    await review(token);
    expect(asked).toHaveLength(want);
  });

  it("takes one token for no other", async () => {
    await review("good");
    expect(await review("bad")).toEqual({ kind: "unknown" });
  });

  it("forgets the oldest of very many tokens", async () => {
    for (let i = 0; i < 300; i += 1) await review(`bad-${String(i)}`);
    await review("bad-299");
    expect(asked).toHaveLength(300);
    await review("bad-0");
    expect(asked).toHaveLength(301);
  });
});
