import { describe, expect, it } from "@jest/globals";

import { statement, toConditions } from "../../src/controllers/conditions.ts";

const BEFORE = "2026-01-01T00:00:00Z";
const NOW = "2026-01-02T00:00:00Z";
const [PREVIOUS] = toConditions([statement("Available", "True", "CollectorsReady", "3 of 3")], [], {
  generation: 1,
  now: BEFORE,
});

function nextOf(status: "True" | "False", message: string): unknown {
  const next = statement("Available", status, "SomeCollectorsReady", message);
  return toConditions([next], PREVIOUS === undefined ? [] : [PREVIOUS], { generation: 2, now: NOW })[0];
}

describe("toConditions", () => {
  it("keeps the transition time while the status stays", () => {
    expect(nextOf("True", "2 of 3")).toEqual({
      type: "Available",
      status: "True",
      reason: "SomeCollectorsReady",
      message: "2 of 3",
      lastTransitionTime: BEFORE,
      observedGeneration: 2,
    });
  });

  it("takes the time when the status changes", () => {
    expect(nextOf("False", "0 of 3")).toMatchObject({ lastTransitionTime: NOW });
  });

  it("cuts messages that no API server would take", () => {
    expect(nextOf("True", "x".repeat(50_000))).toMatchObject({ message: "x".repeat(2048) });
  });

  it("drops conditions of which nothing is said any more", () => {
    const statements = [statement("Progressing", "False", "RolledOut", "")];
    const types = toConditions(statements, PREVIOUS === undefined ? [] : [PREVIOUS], { generation: 2, now: NOW });
    expect(types.map(({ type }) => type)).toEqual(["Progressing"]);
  });
});
