import { execFileSync } from "node:child_process";

import { describe, expect, it } from "@jest/globals";

import { ROOT } from "../../tools/real-parts/parts.ts";

/** The packages of cloud vendors, which are large: tens of megabytes, and a quarter of a second to load. */
const VENDORS = ["@aws-sdk", "@smithy", "@azure", "google-auth-library"];
const AWS = ["@aws-sdk", "@smithy"];
const USERS: Readonly<Record<string, readonly string[]>> = {
  azure: ["@azure"],
  ec2: AWS,
  ecs: AWS,
  elasticache: AWS,
  gce: ["google-auth-library"],
  lightsail: AWS,
  msk: AWS,
  rds: AWS,
};

/** Prints, line by line, what each step of a process has loaded of vendors: its start, most mechanisms, each other one. */
const PROBE = `
  import { registerHooks } from "node:module";
  let loaded = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const vendor = /.*\\/node_modules\\/(${VENDORS.join("|")})\\//.exec(resolved.url)?.[1];
      if (vendor !== undefined) loaded.add(vendor);
      return resolved;
    },
  });
  const print = (step) => {
    console.log(JSON.stringify([step, [...loaded].sort()]));
    loaded = new Set();
  };
  for (const file of ["program", "target-allocator", "operator"]) await import(\`./src/commands/\${file}.ts\`);
  const { LAZY_MECHANISMS } = await import("./src/discovery/lazy-mechanisms.ts");
  print("start");
  const users = ${JSON.stringify(Object.keys(USERS))};
  for (const [name, load] of Object.entries(LAZY_MECHANISMS)) if (!users.includes(name)) await load();
  print("others");
  for (const name of users) {
    await LAZY_MECHANISMS[name]();
    print(name);
  }
`;

describe("packages of cloud vendors", () => {
  it("are loaded when a job needs them, and no others than it needs", () => {
    const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", PROBE];
    const printed = execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    const steps: unknown[] = printed
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(steps).toEqual([["start", []], ["others", []], ...Object.entries(USERS)]);
  }, 60_000);
});
