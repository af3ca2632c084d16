import { describe, expect, it } from "@jest/globals";
import { HealthChecks } from "../../../src/controllers/runtime/health-checks.ts";

describe("HealthChecks", () => {
  it("is healthy without checks", () => {
    expect(new HealthChecks().report()).toEqual({ healthy: true, checks: [] });
  });

  it("reports every check, in order, and is unhealthy when one has a problem", () => {
    const checks = new HealthChecks();
    checks.add("caches", () => "waiting for Pod");
    checks.add("manager", () => undefined);
    expect(checks.report()).toEqual({
      healthy: false,
      checks: [
        { name: "caches", problem: "waiting for Pod" },
        { name: "manager", problem: undefined },
      ],
    });
  });

  it("asks anew each time, and no more after the removal", () => {
    const checks = new HealthChecks();
    let problem: string | undefined = "not yet";
    const remove = checks.add("caches", () => problem);
    expect(checks.report().healthy).toBe(false);
    problem = undefined;
    expect(checks.report().healthy).toBe(true);
    remove();
    expect(checks.report().checks).toEqual([]);
  });

  it("refuses a second check of the same name", () => {
    const checks = new HealthChecks();
    checks.add("caches", () => undefined);
    expect(() => checks.add("caches", () => undefined)).toThrow("adding health check caches");
  });
});
