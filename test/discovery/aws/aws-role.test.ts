import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { roleSectionOf } from "../../../src/discovery/aws/aws-role.ts";

describe("roleSectionOf", () => {
  it.each<{ name: string; raw: DataObject; settings: DataObject }>([
    {
      name: "the role's defaults for what is not set",
      raw: { role: "ec2", region: "r", port: 0, refresh_interval: "" },
      settings: { role: "ec2", region: "r", port: 80, refresh_interval: "1m", filters: [] },
    },
    {
      name: "what is set",
      raw: { role: "ec2", port: 9100, refresh_interval: "5m", filters: [{ name: "a", values: ["b"] }] },
      settings: { role: "ec2", port: 9100, refresh_interval: "5m", filters: [{ name: "a", values: ["b"] }] },
    },
    {
      name: "the concurrency of a role that has one",
      raw: { role: "ecs", clusters: ["c"] },
      settings: {
        role: "ecs",
        clusters: ["c"],
        port: 80,
        refresh_interval: "1m",
        filters: [],
        request_concurrency: 20,
      },
    },
  ])("has $name", ({ raw, settings }) => {
    expect(roleSectionOf(raw)).toEqual({ mechanism: raw["role"], settings });
  });
});
