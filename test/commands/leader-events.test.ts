import { expect, it } from "@jest/globals";

import { LeaderEvents } from "../../src/commands/leader-events.ts";
import { monitor } from "../support/monitor-selection.ts";

const because = (note: string) => ({ type: "Warning", reason: "InvalidConfiguration", note }) as const;

function stage(): { readonly events: LeaderEvents; readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    events: new LeaderEvents({ record: ({ metadata }, { note }) => told.push(`${metadata.name}: ${note}`) }),
  };
}

it("tells nothing while another replica leads, and the latest of each monitor once this one does", async () => {
  const { events, told } = stage();
  events.record(monitor("shop", "web"), because("first"));
  events.record(monitor("shop", "web"), because("second"));
  events.record(monitor("shop", "api"), because("other"));
  expect(told).toEqual([]);
  const stop = new AbortController();
  const leading = events.run(stop.signal);
  expect(told).toEqual(["web: second", "api: other"]);
  events.record(monitor("shop", "web"), because("third"));
  expect(told).toHaveLength(3);
  stop.abort();
  await leading;
  events.record(monitor("shop", "web"), because("fourth"));
  expect(told).toHaveLength(3);
});

it("holds a bounded number, the latest", async () => {
  const { events, told } = stage();
  for (let index = 0; index < 300; index += 1) events.record(monitor("shop", `m-${String(index)}`), because("x"));
  await events.run(AbortSignal.abort());
  expect([told.length, told.at(0), told.at(-1)]).toEqual([256, "m-44: x", "m-299: x"]);
});
