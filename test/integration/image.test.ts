import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { IMAGE_SETTINGS } from "../../tools/image/image-settings.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { IMAGE_TIMEOUT_MS, ImageContainer } from "../support/image-container.ts";
import { freeAddress } from "../support/program.ts";

const RUN_TIMEOUT_MS = 90_000;
const LIBRARY = "/opt/otel-allocator/lib/js";

const image = new ImageContainer();
beforeAll(() => image.prepare(), IMAGE_TIMEOUT_MS);
afterAll(async () => image.stop(), RUN_TIMEOUT_MS);

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** What the bundle is made of, told by a process of its own: esbuild does not run inside jest. */
function bundleSources(): { readonly sources: readonly string[]; readonly entrySources: readonly string[] } {
  const script = `
    import { buildBundle } from "./tools/image/bundle.ts";
    const { sources, entrySources } = await buildBundle(process.cwd());
    console.log(JSON.stringify({ sources, entrySources }));
  `;
  const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 } as const;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], options));
}

describe("the image", () => {
  it("is an OCI layout whose every digest is right", () => {
    const blobs = image.layers().map(({ digest }) => ({ digest, bytes: readFileSync(image.blob(digest)) }));
    expect(blobs.map(({ bytes }) => digestOf(bytes))).toEqual(blobs.map(({ digest }) => digest));
    expect(blobs.map(({ bytes }) => digestOf(gunzipSync(bytes)))).toEqual(image.config().rootfs.diff_ids);
    expect(image.config().config).toMatchObject(IMAGE_SETTINGS);
  });

  it("is small: below 70 MiB to download, all but 4 MiB of it Node.js and what that needs", () => {
    const sizes = image.layers().map(({ digest }) => statSync(image.blob(digest)).size / 2 ** 20);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(70);
    expect(sizes[1]).toBeLessThan(4);
  });

  it(
    "is the same, to the last bit, whenever it is built from the same sources",
    () => {
      const again = join(image.layout, "..", "again");
      execFileSync(process.execPath, [join(ROOT, "tools/image/main.ts"), "--layout", again]);
      expect(readFileSync(join(again, "index.json"), "utf8")).toBe(
        readFileSync(join(image.layout, "index.json"), "utf8"),
      );
    },
    IMAGE_TIMEOUT_MS,
  );

  it(
    "reads nothing of Kubernetes, HTTP servers and clouds before it knows its command",
    () => {
      const { sources, entrySources } = bundleSources();
      expect(sources.join("\n")).toContain("node_modules/@aws-sdk/");
      expect(entrySources).toContain("src/main.ts");
      expect(
        entrySources.filter((source) => /@aws-sdk|@smithy|@azure|google|@kubernetes|express|winston/.test(source)),
      ).toEqual([]);
    },
    IMAGE_TIMEOUT_MS,
  );

  it("has the licence of every package that is bundled into it", () => {
    const text = readFileSync(join(image.root, "opt/otel-allocator/LICENSES-THIRD-PARTY"), "utf8");
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const named = [...text.matchAll(/^(\S+) (\S+): \S/gm)].map(([, name = "", version = ""]) => [name, version]);
    for (const [name, version] of Object.entries(dependencies)) expect(named).toContainEqual([name, version]);
    expect(text).not.toContain("undefined");
    expect(text).toContain("Permission is hereby granted, free of charge");
  });
});

describe("a container of the image", () => {
  it.each([
    { args: [] },
    { args: ["version"] },
    ...["operator", "target-allocator", "dev", "render", "explain"].map((command) => ({ args: [command, "--help"] })),
  ])(
    "runs otel-allocator $args, and warns of nothing",
    async ({ args }) => {
      const { code, output } = await image.run(args.length === 0 ? image.config().config.Cmd : args);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("otel-allocator") });
      expect(output).not.toContain("Warning");
    },
    RUN_TIMEOUT_MS,
  );

  it(
    "has every file that any part of the program loads",
    async () => {
      const script = `
      import { readdirSync } from "node:fs";
      const files = readdirSync("${LIBRARY}").filter((name) => name !== "main.js");
      for (const name of files) await import("${LIBRARY}/" + name);
      console.log(files.length > 50);
    `;
      expect(await image.evaluate(script)).toMatch(/^true$/m);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    "runs as nobody in particular, on files that nobody can change",
    async () => {
      const script = `
      import { writeFileSync } from "node:fs";
      const codes = ["/tmp/a", "/home/nonroot/a", "/opt/otel-allocator/package.json"].map((path) => {
        try { writeFileSync(path, ""); return "written"; } catch (error) { return error.code; }
      });
      console.log(JSON.stringify({ uid: process.getuid() === 65532 || ${String(process.getuid?.() !== 0)}, codes }));
    `;
      expect(JSON.parse(await image.evaluate(script))).toEqual({ uid: true, codes: ["EROFS", "EROFS", "EROFS"] });
    },
    RUN_TIMEOUT_MS,
  );

  it(
    "finds hosts, trusts the usual authorities, and those of a file that is put in their place",
    async () => {
      const script = `
      import { lookup } from "node:dns/promises";
      import { getCACertificates } from "node:tls";
      const { address } = await lookup("localhost", { family: 4 });
      console.log(JSON.stringify({ address, authorities: new Set(getCACertificates("system")).size }));
    `;
      const path = join(image.root, "etc/ssl/certs/ca-certificates.crt");
      const all = readFileSync(path, "utf8");
      const answer = { address: "127.0.0.1", authorities: all.match(/BEGIN CERTIFICATE/g)?.length };
      expect(JSON.parse(await image.evaluate(script))).toEqual(answer);
      writeFileSync(path, all.slice(0, all.indexOf("-----END") + "-----END CERTIFICATE-----\n".length));
      expect(JSON.parse(await image.evaluate(script))).toEqual({ ...answer, authorities: 1 });
      writeFileSync(path, all);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    "is a target allocator for a file of static jobs, and ends in order",
    async () => {
      const address = await freeAddress();
      mkdirSync(join(image.root, "conf"), { recursive: true });
      writeFileSync(
        join(image.root, "conf", "targetallocator.yaml"),
        JSON.stringify({
          collectors: [{ name: "collector-0" }],
          config: { scrape_configs: [{ job_name: "web", static_configs: [{ targets: ["10.0.0.1:80"] }] }] },
        }),
      );
      const child = image.start([
        "target-allocator",
        "--config-file=/conf/targetallocator.yaml",
        `--listen-addr=${address}`,
      ]);
      await image.whenReady(child, `http://${address}/readyz`);
      const answer = await fetch(`http://${address}/jobs/web/targets?collector_id=collector-0`);
      expect(await answer.json()).toEqual([expect.objectContaining({ targets: ["10.0.0.1:80"] })]);
      const metrics = await fetch(`http://${address}/metrics`);
      expect(await metrics.text()).toMatch(/^process_resident_memory_bytes \d/m);
      process.kill(child.pid, "SIGTERM");
      expect(await child.exited).toBe(0);
    },
    RUN_TIMEOUT_MS,
  );
});
