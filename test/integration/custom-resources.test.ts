import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { parse } from "yaml";

import type { KubeObject } from "../../src/api/meta.ts";
import { toV1alpha1, toV1beta1 } from "../../src/api/opentelemetry/convert.ts";
import { withTargetAllocatorDefaults } from "../../src/api/opentelemetry/default-target-allocator.ts";
import { OPENTELEMETRY_COLLECTOR_V1ALPHA1 } from "../../src/api/opentelemetry/schema/collector-v1alpha1.ts";
import { OPENTELEMETRY_COLLECTOR } from "../../src/api/opentelemetry/schema/collector.ts";
import type { ResourceSchema } from "../../src/api/opentelemetry/schema/field.ts";
import { TARGET_ALLOCATOR_RESOURCE } from "../../src/api/opentelemetry/schema/target-allocator.ts";
import { type CertificateAuthority, createCertificateAuthority } from "../support/certificates.ts";
import type * as v1beta1 from "../../src/api/opentelemetry/v1beta1.ts";
import { collector } from "../support/collectors.ts";
import { type ControlPlane, installCrds, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { everyField } from "../support/schema-values.ts";

const ROOT = join(import.meta.dirname, "../..");
const ALLOCATOR_OF_GO = join(ROOT, "test/controllers/testdata/go-operator/ta-standalone/input.yaml");
const COLLECTOR_V1ALPHA1 = join(ROOT, "test/api/opentelemetry/testdata/seed-v1alpha1.yaml");
const COLLECTORS = "opentelemetrycollectors.opentelemetry.io";
const ALLOCATORS = "targetallocators.opentelemetry.io";

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await installCrds(plane);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
}, START_TIMEOUT_MS);

function applyCrds(): Promise<string> {
  return plane.kubectl(["apply", "--server-side", "-f", join(ROOT, "crds")]);
}

async function send(verb: readonly string[], object: unknown): Promise<KubeObject> {
  const text = await plane.kubectl([...verb, "-o", "json", "-f", "-"], JSON.stringify(object));
  return JSON.parse(text) as KubeObject;
}

const create = (object: unknown, ...flags: readonly string[]): Promise<KubeObject> =>
  send(["create", "--validate=strict", "-n", "default", ...flags], object);

async function read(version: string, name: string): Promise<KubeObject> {
  const kind = `opentelemetrycollectors.${version}.opentelemetry.io`;
  return JSON.parse(await plane.kubectl(["get", kind, name, "-n", "default", "-o", "json"])) as KubeObject;
}

const readObject = (path: string): KubeObject => parse(readFileSync(path, "utf8")) as KubeObject;

/** With a value in every field of its spec and status. */
function fullObject({ group, version, kind, spec, status }: ResourceSchema): Readonly<Record<string, unknown>> {
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: `full-${kind.toLowerCase()}`, namespace: "default" },
    spec: everyField(spec),
    status: everyField(status),
  };
}

describe.each([
  { name: "an OpenTelemetryCollector", resource: OPENTELEMETRY_COLLECTOR },
  { name: "a TargetAllocator", resource: TARGET_ALLOCATOR_RESOURCE },
])("$name in which every field is set", ({ resource }) => {
  const full = fullObject(resource);

  it("is stored as it was written", async () => {
    const stored = await create(full);
    expect(stored).toHaveProperty("spec", full["spec"]);
  });

  it("has a status of its own, stored as it was written", async () => {
    const stored = await send(["replace", "--validate=strict", "--subresource=status"], full);
    expect(stored).toHaveProperty("status", full["status"]);
  });
});

describe("a TargetAllocator", () => {
  it("that was made for the Go operator is taken with every field", async () => {
    const given = readObject(ALLOCATOR_OF_GO);
    const stored = await create({ ...given, metadata: { name: "alone", namespace: "default" } });
    expect(stored).toMatchObject({ spec: (given as { spec?: object }).spec });
  });

  it("has the defaults that the operator fills in itself", async () => {
    const bare = {
      apiVersion: "opentelemetry.io/v1alpha1",
      kind: "TargetAllocator",
      metadata: { name: "bare" },
      spec: { prometheusCR: {}, mtls: {}, ports: [{ name: "a", port: 1 }], podDisruptionBudget: {} },
    };
    expect(await create(bare)).toHaveProperty("spec", withTargetAllocatorDefaults(bare).spec);
  });

  it("keeps whatever stands in its global section", async () => {
    const global = { scrape_interval: "5s", external_labels: { a: "b" }, unheard_of: [1, null] };
    const stored = await create({
      apiVersion: "opentelemetry.io/v1alpha1",
      kind: "TargetAllocator",
      metadata: { name: "global" },
      spec: { global },
    });
    expect(stored).toHaveProperty("spec.global", global);
  });

  it("is refused with a strategy that nobody knows", async () => {
    const spec = { allocationStrategy: "other" };
    const wrong = { apiVersion: "opentelemetry.io/v1alpha1", kind: "TargetAllocator", metadata: { name: "x" }, spec };
    await expect(create(wrong)).rejects.toThrow("Unsupported value");
  });

  it("is shown with its columns", async () => {
    const head = (await plane.kubectl(["get", "targetallocators", "-A", "-o", "wide"])).split("\n")[0];
    const columns = "NAMESPACE NAME READY TARGETS UNASSIGNED DEGRADED AGE IMAGE MANAGEMENT".split(" ");
    expect(head?.split(/\s+/).filter(Boolean)).toEqual(columns);
  });
});

describe("the CRDs", () => {
  it.each([COLLECTORS, ALLOCATORS])("%s is small enough for etcd and for a request", async (name) => {
    const crd = await plane.kubectl(["get", "crd", name, "-o", "json", "--show-managed-fields"]);
    expect(Buffer.byteLength(JSON.stringify(JSON.parse(crd)))).toBeLessThan(1_000_000);
  });

  it("can be applied again, also where objects were stored in v1alpha1", async () => {
    const storedVersions = ["v1alpha1", "v1beta1"];
    const patch = JSON.stringify({ status: { storedVersions } });
    await plane.kubectl(["patch", "crd", COLLECTORS, "--subresource=status", "--type=merge", "-p", patch]);
    expect(await applyCrds()).toContain(`${COLLECTORS} serverside-applied`);
  });

  it.each([
    { path: "otelcol.spec.config", want: "FIELD: config <Object>" },
    { path: "otelcol.spec.additionalContainers.livenessProbe.httpGet.path", want: "FIELD: path <string>" },
    { path: "otelcol.spec.affinity.nodeAffinity", want: "preferredDuringSchedulingIgnoredDuringExecution" },
    { path: "targetallocators.spec.scrapeConfigs", want: "Scrape jobs as Prometheus has them" },
  ])("explain $path", async ({ path, want }) => {
    expect(await plane.kubectl(["explain", path])).toContain(want);
  });
});

/** Converts as an operator's webhook has to; the API server calls it. */
async function serveConversion(authority: CertificateAuthority): Promise<Server> {
  const server = createServer(authority.issue("IP:127.0.0.1"), (request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { request: asked, ...review } = (await json(request)) as ConversionReview;
  const convert = asked.desiredAPIVersion.endsWith("v1alpha1") ? toV1alpha1 : toV1beta1;
  const convertedObjects = asked.objects.map((object) => convert(object as never));
  const answered = { ...review, response: { uid: asked.uid, result: { status: "Success" }, convertedObjects } };
  response.setHeader("content-type", "application/json").end(JSON.stringify(answered));
}

interface ConversionReview {
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly unknown[];
  };
}

/** These end with what a conversion webhook switches on, so they come last. */
describe("v1alpha1 of the collector", () => {
  const old = { ...readObject(COLLECTOR_V1ALPHA1), metadata: { name: "old", namespace: "default" } };

  it("is not served while nobody converts it", async () => {
    await expect(create(old)).rejects.toThrow('no matches for kind "OpenTelemetryCollector" in version');
  });

  it("takes, once it is served, what was made for it, and what v1beta1 becomes in it", async () => {
    const patch = JSON.stringify([{ op: "replace", path: "/spec/versions/0/served", value: true }]);
    await plane.kubectl(["patch", "crd", COLLECTORS, "--type=json", "-p", patch]);
    const isServed = ["get", "--raw", "/apis/opentelemetry.io/v1alpha1/namespaces/default/opentelemetrycollectors"];
    await eventually(() => plane.kubectl(isServed));
    const full = collector({ spec: everyField(OPENTELEMETRY_COLLECTOR.spec) as never });
    const { uid: _uid, generation: _generation, ...metadata } = full.metadata;
    const shown = toV1alpha1({ ...full, metadata: { ...metadata, namespace: "default" } });
    // Strict: a field that v1alpha1 does not know is an error. Nothing is stored, as nobody converts it.
    const everything = { ...fullObject(OPENTELEMETRY_COLLECTOR_V1ALPHA1), metadata: { name: "full-old" } };
    for (const object of [old, everything, shown]) {
      const taken = await create(object, "--dry-run=server");
      expect(taken).toHaveProperty("apiVersion", "opentelemetry.io/v1alpha1");
    }
  });

  it("is said to be deprecated", async () => {
    await expect(create(old, "--dry-run=server", "--warnings-as-errors")).rejects.toThrow(
      "OpenTelemetryCollector v1alpha1 is deprecated. Migrate to v1beta1.",
    );
  });

  it("loses nothing on its way through an API server that has it converted", async () => {
    const authority = createCertificateAuthority();
    const server = await serveConversion(authority);
    try {
      const { port } = server.address() as AddressInfo;
      const caBundle = Buffer.from(authority.cert).toString("base64");
      const clientConfig = { url: `https://127.0.0.1:${port}/convert`, caBundle };
      const webhook = { conversionReviewVersions: ["v1"], clientConfig };
      const value = { strategy: "Webhook", webhook };
      const patch = JSON.stringify([{ op: "add", path: "/spec/conversion", value }]);
      await plane.kubectl(["patch", "crd", COLLECTORS, "--type=json", "-p", patch]);
      // The API server takes the new conversion up a moment later; until then it stores no configuration.
      await eventually(async () => {
        await send(["apply", "--server-side", "-n", "default"], old);
        const { spec } = (await read("v1beta1", "old")) as v1beta1.OpenTelemetryCollector;
        expect(spec?.config.receivers).toHaveProperty("prometheus.config.scrape_configs.0.job_name", "otel-collector");
      });

      const full = await read("v1beta1", "full-opentelemetrycollector");
      const shown = await read("v1alpha1", "full-opentelemetrycollector");
      expect(shown).toHaveProperty("spec.config", expect.any(String));
      const changed = { ...shown, spec: { ...(shown as { spec?: object }).spec, image: "other" } };
      await send(["replace", "--validate=strict"], changed);
      const after = await read("v1beta1", "full-opentelemetrycollector");
      expect(after).toHaveProperty("spec", { ...(full as { spec?: object }).spec, image: "other" });
      expect(after).toHaveProperty("status", (full as { status?: object }).status);
    } finally {
      server.close();
    }
  });
});
