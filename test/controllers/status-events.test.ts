import { describe, expect, it } from "@jest/globals";

import type { Condition } from "../../src/api/meta.ts";
import { eventsBetween } from "../../src/controllers/status-events.ts";

const status = (
  value: "True" | "False",
  reason: string,
  message = "",
): { readonly conditions: readonly Condition[] } => ({
  conditions: [{ type: "Degraded", status: value, reason, message, lastTransitionTime: "2026-01-01T00:00:00Z" }],
});
const WELL = status("False", "AsExpected");

describe("eventsBetween", () => {
  it.each([
    { name: "nothing of what is well at once", before: undefined, after: WELL, want: [] },
    { name: "nothing of collectors that start", before: WELL, after: status("False", "CollectorsStarting"), want: [] },
    {
      name: "that something is wrong from the beginning",
      before: undefined,
      after: status("True", "ConfigInvalid", "no receivers"),
      want: ["Warning ConfigInvalid: no receivers"],
    },
    {
      name: "nothing while it is the same",
      before: status("True", "ApplyFailed", "no"),
      after: status("True", "ApplyFailed", "no"),
      want: [],
    },
    {
      name: "another text of a refusal",
      before: status("True", "ApplyFailed", "no"),
      after: status("True", "ApplyFailed", "never"),
      want: ["Warning ApplyFailed: never"],
    },
    {
      name: "once what goes on with other texts",
      before: status("True", "AllocationProblems", "a: JobRejected"),
      after: status("True", "AllocationProblems", "b: JobRejected"),
      want: [],
    },
    {
      name: "that it is over",
      before: status("True", "NameTaken", "x"),
      after: WELL,
      want: ["Normal Recovered: NameTaken is over"],
    },
  ])("tell $name", ({ before, after, want }) => {
    expect(eventsBetween(before, after).map(({ type, reason, note }) => `${type} ${reason}: ${note}`)).toEqual(want);
  });
});
