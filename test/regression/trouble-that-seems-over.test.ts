import { describe, expect, it } from "@jest/globals";
import { degradedByAllocation } from "../../src/controllers/allocation-statements.ts";
import { knownAllocation, toAllocationStatus } from "../../src/controllers/allocation-status.ts";

/** Not one job of the resource can be served, so there never is a first assignment. */
const UNUSABLE = {
  synced: false,
  collectors: 0,
  jobs: 0,
  targets: 0,
  unassigned: 0,
  problems: [{ reason: "ConfigurationInvalid", message: "no job can be served" }],
};

describe("an allocation that cannot begin", () => {
  it("is told as often as one looks, and not only the first time", () => {
    let status = {};
    for (let pass = 1; pass <= 3; pass++) {
      const known = knownAllocation(UNUSABLE, status);
      expect(degradedByAllocation(known)?.message).toBe("all jobs: ConfigurationInvalid: no job can be served");
      status = { allocation: toAllocationStatus("http://main-targetallocator:80", known) };
    }
  });
});
