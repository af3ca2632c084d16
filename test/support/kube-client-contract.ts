import { afterAll, beforeAll, describe, expect, jest } from "@jest/globals";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { START_TIMEOUT_MS } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { describeApplying } from "./kube-contract/applying.ts";
import { describeDeleting } from "./kube-contract/deleting.ts";
import { describeReading } from "./kube-contract/reading.ts";
import { describeWatching } from "./kube-contract/watching.ts";
import { type ContractWorld, WIDGET, WIDGET_DEFINITION } from "./kube-contract/world.ts";
import { describeWriting } from "./kube-contract/writing.ts";

/** A garbage collector takes its time on a busy machine. */
const TEST_TIMEOUT_MS = 60_000;

/** What every implementation of the KubeClient and informer ports promises. Where two disagree, the real server is right. */
export function describeKubeClientContract(name: string, start: () => Promise<ContractWorld>): void {
  describe(`${name} keeps the contract of the Kubernetes ports:`, () => {
    jest.setTimeout(TEST_TIMEOUT_MS);
    let started: ContractWorld | undefined;
    const world = (): ContractWorld => {
      if (started === undefined) throw new Error("the world has not started");
      return started;
    };
    beforeAll(async () => {
      started = await start();
      const client = started.client("tester");
      await client.apply(RESOURCES.CustomResourceDefinition, WIDGET_DEFINITION);
      await eventually(async () => expect(await client.list(WIDGET)).toEqual([]));
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await started?.stop();
    }, START_TIMEOUT_MS);

    describeReading(world);
    describeWriting(world);
    describeApplying(world);
    describeDeleting(world);
    describeWatching(world);
  });
}
