import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import {
  controllersOf,
  GO_CASES,
  type GoCase,
  GoOperatorStage,
  isWorkload,
  type LiveObject,
} from "../support/go-operator-stage.ts";
import type { MortalOperator } from "../support/mortal-operator.ts";

const STEP_TIMEOUT_MS = 120_000;

/** An object as the Go operator left it. */
interface Left {
  readonly object: LiveObject;
  /** Of a workload. */
  readonly pods: readonly string[];
}

let stage: GoOperatorStage;
let operator: MortalOperator;
/** By the case's name. */
const left = new Map<string, readonly Left[]>();

beforeAll(async () => {
  stage = await GoOperatorStage.start();
  for (const one of GO_CASES) await stage.make(one);
  for (const one of GO_CASES) {
    await stage.podsRun(one);
    left.set(one.name, await Promise.all(one.objects.map(look)));
  }
  operator = stage.startOperator();
  for (const one of GO_CASES) await stage.seenTo(one);
  await quiet();
}, 2 * START_TIMEOUT_MS);

afterAll(async () => {
  await operator.kill();
  await stage.stop();
}, START_TIMEOUT_MS);

async function look(object: LiveObject): Promise<Left> {
  const live = await stage.get(object);
  return { object: live, pods: isWorkload(live) ? await stage.podsOf(live) : [] };
}

/** Until the operator has nothing left to write. */
async function quiet(): Promise<void> {
  let before = -1;
  await eventually(
    () => {
      const { length } = operator.writes;
      const same = length === before;
      before = length;
      expect(same).toBe(true);
    },
    { everyMs: 1_000, withinMs: 60_000 },
  );
}

function uids(all: readonly Left[]): readonly unknown[] {
  return all.map(({ object }) => object.metadata.uid);
}

function leftBy({ name }: GoCase): readonly Left[] {
  return left.get(name) ?? [];
}

const isAllocators = ({ kind, metadata }: LiveObject): boolean =>
  kind === "Deployment" && metadata.labels?.["app.kubernetes.io/component"] === "opentelemetry-targetallocator";

interface Template {
  readonly spec: { readonly containers: readonly Readonly<Record<string, unknown>>[] };
}

function templateOf({ spec = {} }: LiveObject): Template {
  return spec["template"] as Template;
}

/** The pod template without what an allocator's must have of its own: the program, and its command line. */
function withoutProgram(object: LiveObject): unknown {
  const template = templateOf(object);
  const containers = template.spec.containers.map(({ image: _image, args: _args, ...container }) => container);
  return { ...template, spec: { ...template.spec, containers } };
}

describe.each(GO_CASES)("what the Go operator has made of $name", (one) => {
  it("is there, none of it deleted and made anew, and each owned by whom it was owned by", async () => {
    for (const { object } of leftBy(one)) {
      const now = await stage.get(object);
      expect([object.kind, now.metadata.name, now.metadata.uid]).toEqual([
        object.kind,
        object.metadata.name,
        object.metadata.uid,
      ]);
      expect(controllersOf(now)).toEqual(controllersOf(object));
    }
  });

  it("runs on: no pod template of collectors has changed, and no pod of theirs was replaced", async () => {
    for (const { object, pods } of leftBy(one).filter(
      (each) => isWorkload(each.object) && !isAllocators(each.object),
    )) {
      const now = await stage.get(object);
      expect(now.spec?.["template"]).toEqual(object.spec?.["template"]);
      expect(now.metadata.generation).toBe(object.metadata.generation);
      expect(await stage.podsOf(now)).toEqual(pods);
    }
  });

  it("has an allocator of which nothing but the program is another one", async () => {
    for (const { object } of leftBy(one).filter((each) => isAllocators(each.object))) {
      const now = await stage.get(object);
      expect(withoutProgram(now)).toEqual(withoutProgram(object));
      expect(templateOf(now).spec.containers).toEqual([expect.objectContaining({ args: ["target-allocator"] })]);
    }
  });
});

it(
  "nothing is written at rest",
  async () => {
    const { length } = operator.writes;
    for (const one of GO_CASES) await stage.annotate(one, { "kubectl.kubernetes.io/last-applied-configuration": "{}" });
    await quiet();
    expect(operator.writes.slice(length)).toEqual([]);
  },
  STEP_TIMEOUT_MS,
);

it(
  "the Go operator can go on where this one has stopped, and this one after it, with the same objects and pods",
  async () => {
    await operator.kill();
    for (const one of GO_CASES) await stage.goPass(one);
    const taken = new Map(
      await Promise.all(GO_CASES.map(async (one) => [one.name, await Promise.all(one.objects.map(look))] as const)),
    );
    for (const one of GO_CASES) {
      expect(uids(taken.get(one.name) ?? [])).toEqual(uids(leftBy(one)));
    }
    operator = stage.startOperator();
    for (const one of GO_CASES) await stage.annotate(one, { again: "true" });
    await quiet();
    for (const one of GO_CASES) {
      for (const { object } of leftBy(one)) expect((await stage.get(object)).metadata.uid).toBe(object.metadata.uid);
    }
  },
  STEP_TIMEOUT_MS,
);
