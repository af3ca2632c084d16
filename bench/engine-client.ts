import { fork } from "node:child_process";
import { Agent, get } from "node:http";
import { type Distribution, distributionOf } from "./report.ts";

const EVERY_MS = 5;

/** Asks a server again and again, from a process of its own, and says how long the answers took. */
export interface Client {
  /** Milliseconds from the moment at which each request was due while the work ran. */
  during(work: () => Promise<unknown>): Promise<Distribution>;
  stop(): void;
}

/** @param urls Asked one after the other. */
export async function startClient(urls: readonly string[]): Promise<Client> {
  const child = fork(import.meta.filename, [], { execArgv: ["--disable-warning=ExperimentalWarning"] });
  const answer = async (): Promise<unknown> => new Promise((resolve) => child.once("message", resolve));
  const ready = answer();
  child.send(urls);
  await ready;
  return {
    async during(work): Promise<Distribution> {
      child.send("begin");
      await answer();
      await work();
      const latencies = answer();
      child.send("end");
      return distributionOf((await latencies) as readonly number[]);
    },
    stop: () => child.disconnect(),
  };
}

/** Requests are sent when they are due, whether or not those before have been answered. */
function runClient(send: (message: unknown) => void): void {
  const agent = new Agent({ keepAlive: true });
  let urls: readonly string[] = [];
  let sent = 0;
  let latencies: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const ask = (due: number): void => {
    const mine = latencies;
    const url = urls[sent++ % urls.length] ?? "";
    const request = get(url, { agent }, (response) => {
      response.resume().on("end", () => mine.push(performance.now() - due));
    });
    // The server ends before the client does.
    request.on("error", () => undefined);
  };
  const begin = (): void => {
    latencies = [];
    let due = performance.now();
    const catchUp = (): void => {
      for (; due <= performance.now(); due += EVERY_MS) ask(due);
    };
    timer = setInterval(catchUp, 1);
    setTimeout(() => send("begun"), 20);
  };
  process.on("message", (message) => {
    if (Array.isArray(message)) {
      urls = message as readonly string[];
      send("ready");
    } else if (message === "begin") {
      begin();
    } else {
      clearInterval(timer);
      // What is on its way still counts.
      setTimeout(() => send(latencies), 100);
    }
  });
  process.on("disconnect", () => process.exit());
}

if (process.argv[1] === import.meta.filename && process.send !== undefined)
  runClient((message) => process.send?.(message));
