import { describe, expect, it } from "@jest/globals";

import {
  allocatorSelectorLabels,
  imageVersion,
  objectLabels,
  selectorLabels,
  withoutFiltered,
} from "../../../src/controllers/manifests/labels.ts";

describe("imageVersion", () => {
  it.each([
    ["otelcol:1.2.3", "1.2.3"],
    ["otelcol", "latest"],
    ["", "latest"],
    ["registry:5000/otelcol", "latest"],
    ["registry:5000/otelcol:1.2.3", "1.2.3"],
    ["otelcol:1.2.3@sha256:abc", "1.2.3"],
    ["registry:5000/otelcol:1.2.3@sha256:abc", "1.2.3"],
    [`otelcol@sha256:${"a".repeat(64)}`, "a".repeat(63)],
  ])("of %j is %s", (image, want) => {
    expect(imageVersion(image)).toBe(want);
  });
});

describe("labels", () => {
  const owner = { name: "main", namespace: "shop", labels: { team: "x", "app.kubernetes.io/instance": "mine" } };
  const input = { owner, component: "opentelemetry-collector", name: "main-collector", image: undefined } as const;

  it("of an object are the owner's, those of the selector, version and name", () => {
    expect(objectLabels(input)).toEqual({
      team: "x",
      "app.kubernetes.io/component": "opentelemetry-collector",
      "app.kubernetes.io/instance": "shop.main",
      "app.kubernetes.io/managed-by": "opentelemetry-operator",
      "app.kubernetes.io/part-of": "opentelemetry",
      "app.kubernetes.io/name": "main-collector",
      "app.kubernetes.io/version": "latest",
    });
  });

  it("of the owner that a filter matches do not go over", () => {
    expect(objectLabels({ ...input, filter: [/^te/] })).not.toHaveProperty("team");
  });

  it("keep the name that the owner carries, in the allocator's selector too", () => {
    const named = { ...owner, labels: { "app.kubernetes.io/name": "test" } };
    expect(objectLabels({ ...input, owner: named })).toMatchObject({ "app.kubernetes.io/name": "test" });
    expect(allocatorSelectorLabels(named)).toMatchObject({ "app.kubernetes.io/name": "test" });
  });

  it("of the selector shorten the namespace first", () => {
    const long = { name: "m".repeat(60), namespace: "n".repeat(60) };
    expect(selectorLabels(long, "opentelemetry-collector")["app.kubernetes.io/instance"]).toBe(
      `${"n".repeat(2)}.${"m".repeat(60)}`,
    );
  });

  it("are filtered by any part of the key", () => {
    const entries = { "a.b/c": "1", "d.e/f": "2" };
    expect(withoutFiltered(entries, [/b/, /nothing/])).toEqual({ "d.e/f": "2" });
  });

  it.each(["opentelemetry.io/upgraded", "opentelemetry.io/issued-certificates"])(
    "that speak of the resource alone go over to nothing: %s",
    (key) => {
      expect(withoutFiltered({ [key]: "x", "d.e/f": "2" }, [])).toEqual({ "d.e/f": "2" });
    },
  );
});
