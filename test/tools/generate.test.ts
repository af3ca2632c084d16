import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

import { boolean, freeForm, list, object, quantity, text } from "../../src/api/opentelemetry/schema/field.ts";
import { toOpenApi } from "../../tools/generate/crd.ts";
import { generatedFiles } from "../../tools/generate/files.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("generated files", () => {
  it.each([...generatedFiles()])("%s is up to date (else run `make generate`)", (path, wanted) => {
    expect(readFileSync(join(ROOT, path), "utf8")).toBe(wanted);
  });

  it("are the same in every run", () => {
    expect([...generatedFiles()]).toEqual([...generatedFiles()]);
  });
});

describe("toOpenApi", () => {
  it.each([
    {
      name: "keeps unknown fields of free-form objects",
      field: freeForm("What."),
      want: { description: "What.", type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
    {
      name: "leaves out an empty description",
      field: boolean(""),
      want: { type: "boolean" },
    },
    {
      name: "writes defaults and enums",
      field: text("Which.", { enum: ["a", "b"], default: "a" }),
      want: { description: "Which.", default: "a", type: "string", enum: ["a", "b"] },
    },
    {
      name: "takes numbers and texts for quantities",
      field: quantity("Size."),
      want: expect.objectContaining({ "x-kubernetes-int-or-string": true, pattern: expect.any(String) }),
    },
    {
      name: "spells out the merge key of a list of free-form objects",
      field: list("Things.", freeForm(""), { merge: { keys: ["name"] } }),
      want: {
        description: "Things.",
        type: "array",
        items: {
          type: "object",
          required: ["name"],
          properties: { name: { type: "string" } },
          "x-kubernetes-preserve-unknown-fields": true,
        },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      },
    },
    {
      name: "marks open and atomic objects",
      field: object("", { name: "Thing", fields: { a: boolean("") }, open: true, atomic: true }),
      want: {
        type: "object",
        properties: { a: { type: "boolean" } },
        "x-kubernetes-preserve-unknown-fields": true,
        "x-kubernetes-map-type": "atomic",
      },
    },
  ])("$name", ({ field, want }) => {
    expect(toOpenApi(field)).toEqual(want);
  });
});

describe("the operator's role", () => {
  const role = parse(generatedFiles().get("config/rbac/role.yaml") ?? "") as {
    readonly rules: readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[];
  };

  it("names every resource and verb: no wildcards", () => {
    expect(JSON.stringify(role.rules)).not.toContain("*");
  });

  it.each(["secrets", "clusterroles", "rolebindings"])("does not touch %s", (resource) => {
    expect(role.rules.flatMap(({ resources }) => resources)).not.toContain(resource);
  });
});
