import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { OPENTELEMETRY_COLLECTOR } from "../../src/api/opentelemetry/schema/collector.ts";
import { TARGET_ALLOCATOR_RESOURCE } from "../../src/api/opentelemetry/schema/target-allocator.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import {
  ALLOCATOR_CHANGES,
  COLLECTOR_CHANGES,
  EMBEDDED_ALLOCATOR_CHANGES,
  NODE_LABEL,
} from "../support/field-changes.ts";
import { LifeStage } from "../support/life-stage.ts";
import { randomFrom, seedFrom } from "../support/seeded-random.ts";

const SEED = seedFrom("LIFE_SEED");
const DEATHS = 50;
const LIFE_TIMEOUT_MS = 600_000;

let stage: LifeStage;
beforeAll(async () => {
  process.stdout.write(`life of a collector: LIFE_SEED=${String(SEED)}\n`);
  stage = await LifeStage.start(NODE_LABEL);
}, START_TIMEOUT_MS);
afterAll(async () => stage.stop(), START_TIMEOUT_MS);

function fieldsOf(fields: object, except: readonly string[]): readonly string[] {
  return sorted(Object.keys(fields).filter((name) => !except.includes(name)));
}

const sorted = (names: readonly string[]): readonly string[] => names.toSorted();

describe("every field is changed in a life", () => {
  const collector = OPENTELEMETRY_COLLECTOR.spec.fields;
  const embedded = collector["targetAllocator"];
  it("of a collector, but for the mode and who looks after it, which are episodes", () => {
    const fields = fieldsOf(collector, ["mode", "managementState", "targetAllocator"]);
    expect(Object.keys(COLLECTOR_CHANGES).toSorted()).toEqual(fields);
  });

  it("of a collector's allocator", () => {
    const fields = embedded?.type === "object" ? fieldsOf(embedded.fields, []) : [];
    expect(Object.keys(EMBEDDED_ALLOCATOR_CHANGES).toSorted()).toEqual(fields);
  });

  it("of a TargetAllocator", () => {
    const fields = fieldsOf(TARGET_ALLOCATOR_RESOURCE.spec.fields, ["managementState"]);
    expect(Object.keys(ALLOCATOR_CHANGES).toSorted()).toEqual(fields);
  });
});

describe("a life in which the operator dies 50 times", () => {
  it(
    "ends where one without a history begins: nothing missing, nothing left over, nothing twice, and at rest",
    async () => {
      const random = randomFrom(SEED);
      const steps = random.shuffled(stage.steps());
      const perLife = Math.ceil(steps.length / DEATHS);
      await stage.create();
      for (let death = 0; death < DEATHS; death += 1) {
        const operator = stage.startOperator();
        operator.dieOf({ atRequest: 1 + random.below(12), answered: random.below(2) === 0 });
        for (const step of steps.slice(death * perLife, (death + 1) * perLife)) await step();
        await stage.untilDeadOrIdle(operator);
        await operator.kill();
      }
      await stage.mendEverything();
      const survivor = stage.startOperator();
      await stage.settled(survivor);
      const aged = await stage.snapshot();
      const writes = survivor.writes.length;
      await stage.touchEverything();
      await stage.settled(survivor);
      expect(survivor.writes.slice(writes)).toEqual([]);
      expect(await stage.strays()).toEqual([]);

      const specs = await stage.specs();
      await stage.deleteEverything();
      await stage.create(specs);
      await stage.settled(survivor);
      expect(stage.withoutHistory(aged)).toEqual(stage.withoutHistory(await stage.snapshot()));
      await survivor.kill();
    },
    LIFE_TIMEOUT_MS,
  );
});
