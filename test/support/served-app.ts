import type { RequestListener } from "node:http";
import { serve } from "../../src/http/server.ts";

/** An application that listens on a free port of loopback. */
export interface ServedApp {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export async function serveApp(app: RequestListener): Promise<ServedApp> {
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    const running = serve(
      app,
      {
        host: "127.0.0.1",
        port: 0,
        setBy: "the test",
        onListening({ url, port }) {
          resolve({
            url,
            port,
            async stop() {
              stop.abort();
              await running;
            },
          });
        },
      },
      stop.signal,
    );
    running.catch(reject);
  });
}
