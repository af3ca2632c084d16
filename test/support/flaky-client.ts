import type { KubeClient } from "../../src/kube/client.ts";
import { KubeError } from "../../src/kube/errors.ts";

/**
 * What becomes of requests. `down`: refused. `hung`: no answer, and the server saw nothing. `mute`: the server does what
 * is asked, but the answer is lost.
 */
export type Connection = "up" | "down" | "hung" | "mute";

/** One process's connection to a server that can break. */
export class FlakyConnection {
  state: Connection = "up";
  /** Rejects what it accepts with this, while set. */
  refusal: Error | undefined;
  /** Answers to writes wait for it, whatever becomes of the request's signal, while set. */
  hold: Promise<void> | undefined;
  /** Every call, as `method kind`. */
  readonly calls: string[] = [];
  /** A client on this connection. */
  readonly client: KubeClient;

  constructor(server: KubeClient) {
    this.client = new Proxy(server, {
      get:
        (_target, method: keyof KubeClient) =>
        async (...parameters: readonly unknown[]) => {
          const type = parameters[0] as { readonly kind: string };
          this.calls.push(`${method} ${type.kind}`);
          const call = server[method] as (...all: readonly unknown[]) => Promise<unknown>;
          const signal = parameters.find((parameter) => parameter instanceof AbortSignal);
          return this.#answer(async () => {
            const answer = await call.apply(server, [...parameters]);
            if (method !== "get" && method !== "list") await this.hold;
            return answer;
          }, signal);
        },
    });
  }

  async #answer(call: () => Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.refusal !== undefined) throw this.refusal;
    switch (this.state) {
      case "up":
        return call();
      case "down":
        throw new KubeError("connecting to the API server: connection refused", { status: 0, reason: "" });
      case "hung":
        return untilAborted(signal);
      case "mute":
        await call();
        return untilAborted(signal);
    }
  }
}

async function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
