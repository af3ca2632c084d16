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
      name: "writes how a list is merged",
      field: list("Things.", object("", { name: "Thing", fields: { name: text("") } }), { merge: { keys: ["name"] } }),
      want: {
        description: "Things.",
        type: "array",
        items: { type: "object", properties: { name: { type: "string" } } },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      },
    },
    {
      name: "writes the whole structure of a type of Kubernetes",
      field: freeForm("Selects.", "core/v1 SecretKeySelector"),
      want: {
        description: "Selects.",
        type: "object",
        required: ["key"],
        properties: {
          key: { type: "string" },
          name: { default: "", type: "string" },
          optional: { type: "boolean" },
        },
        "x-kubernetes-map-type": "atomic",
      },
    },
    {
      name: "lets what is spelled out win over the type of Kubernetes",
      field: object("A port.", {
        name: "Port",
        required: ["port"],
        kubernetesType: "core/v1 ContainerPort",
        fields: { protocol: text("Its protocol."), port: text("") },
      }),
      want: {
        description: "A port.",
        type: "object",
        required: ["port"],
        properties: {
          containerPort: { type: "integer", format: "int32" },
          hostIP: { type: "string" },
          hostPort: { type: "integer", format: "int32" },
          name: { type: "string" },
          protocol: { description: "Its protocol.", type: "string" },
          port: { type: "string" },
        },
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
