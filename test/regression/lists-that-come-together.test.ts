import { afterEach, beforeEach, expect, it } from "@jest/globals";
import type { ServerResponse } from "node:http";

import { RESOURCES } from "../../src/api/resource-type.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { eventually } from "../support/eventually.ts";
import { type FakeApiServer, sendJson, startFakeApiServer } from "../support/fake-api-server.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { KubeconfigFolder } from "../support/kubeconfig-file.ts";

/** As many requests as there are connections for them. */
const TOGETHER = 8;

let folder: KubeconfigFolder;
let server: FakeApiServer;
let connection: KubeConnection;
let clock: FakeClock;
let held: ServerResponse[];

beforeEach(async () => {
  folder = new KubeconfigFolder();
  held = [];
  server = await startFakeApiServer((_request, response) => void held.push(response));
  clock = new FakeClock();
  connection = createKubeConnection({
    kubeconfigPath: folder.kubeconfig({ cluster: { server: server.url } }),
    timers: clock,
    onWarning: () => undefined,
    requestTimeoutMs: 5_000,
  });
});

afterEach(async () => {
  await connection.close();
  await server.stop();
  folder.remove();
});

it("a request that has to wait for others is not late by their time", async () => {
  const reads = Array.from({ length: 2 * TOGETHER }, async (_, index) =>
    connection.client.get(RESOURCES.ConfigMap, { namespace: "shop", name: `map-${String(index)}` }),
  );
  for (const served of [TOGETHER, 2 * TOGETHER]) {
    await eventually(() => expect(server.requests).toHaveLength(served));
    await clock.advance(4_000);
    for (const response of held.splice(0)) sendJson(response, { metadata: { name: "map" } });
  }
  await expect(Promise.all(reads)).resolves.toHaveLength(2 * TOGETHER);
});
