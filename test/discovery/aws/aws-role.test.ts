import { describe, expect, it } from "@jest/globals";

import { type DataObject, parseScrapeConfigs } from "../../../src/allocator/index.ts";
import { roleSectionOf } from "../../../src/discovery/aws/aws-role.ts";

/** The settings of a job's only discovery entry, decoded. */
function settingsOf(key: string, section: DataObject): DataObject {
  const { jobs, rejected } = parseScrapeConfigs({ scrape_configs: [{ job_name: "a", [key]: [section] }] });
  expect(rejected).toEqual([]);
  return jobs[0]?.discovery[0]?.settings ?? {};
}

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

  it("has the same defaults as the role's own mechanism, however little is written", () => {
    for (const role of ["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"]) {
      const { settings } = roleSectionOf(settingsOf("aws_sd_configs", { role }));
      const { port, refresh_interval, request_concurrency } = settingsOf(`${role}_sd_configs`, {});
      const { port: own, refresh_interval: interval, request_concurrency: concurrency } = settings;
      expect([role, own, interval, concurrency]).toEqual([role, port, refresh_interval, request_concurrency]);
    }
  });
});
