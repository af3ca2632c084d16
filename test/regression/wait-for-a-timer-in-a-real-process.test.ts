import { expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { collector } from "../support/collectors.ts";

// Jest keeps the event loop alive, so only a process of its own shows that a wait for an unref'd timer ended it.
it("render --targets ends by itself when it has to wait for a timer", async () => {
  const dir = mkdtempSync(join(tmpdir(), "render-"));
  try {
    const monitors = { enabled: true, serviceMonitorSelector: {} };
    const resource = collector({ spec: { targetAllocator: { enabled: true, prometheusCR: monitors } } });
    const monitor = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: "web", namespace: "shop" },
      spec: { selector: {}, endpoints: [{ port: "http" }] },
    };
    const file = join(dir, "all.yaml");
    writeFileSync(file, `${stringify(resource)}---\n${stringify(monitor)}`);
    const render = promisify(execFile)(join(ROOT, "bin", "otel-allocator"), ["render", file, "--targets"]);
    const { stdout, stderr } = await render;
    expect(stderr).not.toContain("unsettled");
    expect(stdout).toContain("serviceMonitor/shop/web/0");
  } finally {
    rmSync(dir, { recursive: true });
  }
}, 60_000);
