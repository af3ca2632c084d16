import { afterEach } from "@jest/globals";

import type { Discoverer } from "../../src/allocator/index.ts";
import type { DiscoveryHttpClientDependencies } from "../../src/discovery/http-client/http-client.ts";
import { localSecretFiles } from "../../src/discovery/http-client/secret.ts";
import { eventually } from "./eventually.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { RecordingSink } from "./recording-sink.ts";

/** What a discoverer on a stage is made with: looks are counted, time stands still until it is advanced. */
export interface StageSurroundings extends DiscoveryHttpClientDependencies {
  readonly clock: FakeClock;
  readonly observer: {
    refreshed(): void;
    ended(): void;
    asked(endpoint: string, seconds: number, failed: boolean): void;
  };
}

/** One discoverer that runs until it is stopped. */
export class DiscoveryStage {
  readonly clock = new FakeClock();
  readonly sink = new RecordingSink();
  looks = 0;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(create: (surroundings: StageSurroundings) => Discoverer) {
    const discoverer = create({
      clock: this.clock,
      files: localSecretFiles,
      proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
      observer: {
        refreshed: () => (this.looks += 1),
        asked: () => (this.looks += 1),
        ended: () => undefined,
      },
    });
    this.#done = discoverer.run(this.sink, this.#stop.signal);
  }

  /** Waits until so many looks are over. */
  async looked(count: number): Promise<void> {
    await this.until(() => this.looks >= count, `${String(count)} looks`);
  }

  /** Waits for something that the discoverer does. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const look = (): void => {
      if (!holds()) throw new Error(`waiting for ${what}; ${String(this.looks)} looks so far`);
    };
    await eventually(look, { everyMs: 5, withinMs: 5_000 });
    await settle();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

/** Starts discoverers for the test that runs, and stops them after it. */
export function discoveryStages(): (create: (surroundings: StageSurroundings) => Discoverer) => DiscoveryStage {
  const stages: DiscoveryStage[] = [];
  afterEach(async () => {
    await Promise.all(stages.splice(0).map(async (stage) => stage.stop()));
  });
  return (create) => {
    const stage = new DiscoveryStage(create);
    stages.push(stage);
    return stage;
  };
}
