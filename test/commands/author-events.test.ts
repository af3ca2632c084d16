import { expect, it } from "@jest/globals";

import { RESOURCES } from "../../src/api/resource-type.ts";
import { AuthorEvents } from "../../src/commands/author-events.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { monitor } from "../support/monitor-selection.ts";

it("writes what it was told before it was closed, and nothing afterwards", async () => {
  const cluster = new InMemoryCluster({ missingNamespaces: "create" });
  const client = cluster.client("test");
  const events = new AuthorEvents({ client, log: new MemoryLogger() });
  const event = { type: "Warning", reason: "InvalidConfiguration", note: "spec.endpoints[0]: no" } as const;
  events.record(monitor("shop", "web"), event);
  await events.close();
  events.record(monitor("shop", "late"), event);
  await events.close();
  expect(await client.list(RESOURCES.Event, { namespace: "shop" })).toMatchObject([
    {
      type: "Warning",
      reason: "InvalidConfiguration",
      note: "spec.endpoints[0]: no",
      reportingController: "opentelemetry.io/target-allocator",
      regarding: { kind: "ServiceMonitor", namespace: "shop", name: "web" },
    },
  ]);
});

it("needs nothing to be closed when there was nothing to tell", async () => {
  const cluster = new InMemoryCluster({ missingNamespaces: "create" });
  const events = new AuthorEvents({ client: cluster.client("test"), log: new MemoryLogger() });
  await expect(events.close()).resolves.toBeUndefined();
});
