import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { Logger } from "../observability/logger.ts";
import { type Profiler, ProfilerBusyError } from "../observability/profiler.ts";
import { errorHandler, sendNotFound } from "./middleware/error-handler.ts";
import { requestLimits } from "./middleware/request-limits.ts";
import { sendError } from "./reply.ts";

export interface ProfilingAppDependencies {
  readonly profiler: Profiler;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

const INDEX = `/debug/pprof/profile?seconds=30  what the process spends its time on: a .cpuprofile
/debug/pprof/heap                what is in memory: a .heapsnapshot; the process stands still meanwhile

Open them with the developer tools of Chromium, or with Visual Studio Code.
`;
const DEFAULT_SECONDS = 30;
const MOST_SECONDS = 300;
/** As a browser or curl on this machine writes it. Another name that leads here is a trick to read a profile. */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Profiles, at the paths of Go's programs and in the formats of this one. For loopback only. */
export function createProfilingApp({ profiler, log, stopping }: ProfilingAppDependencies): Express {
  const app = express().disable("x-powered-by").disable("etag");
  app.use(requestLimits);
  app.use(fromThisMachine);
  app.get("/debug/pprof/", (_request, response) => void response.type("text/plain").send(INDEX));
  app.get("/debug/pprof/profile", cpuRoute(profiler, stopping));
  app.get("/debug/pprof/heap", heapRoute(profiler));
  app.use((_request, response) => sendNotFound(response));
  app.use(errorHandler(log));
  return app;
}

function cpuRoute(profiler: Profiler, stopping: AbortSignal): RequestHandler {
  return async (request, response) => {
    const seconds = secondsOf(request);
    if (seconds === undefined) {
      sendError(response, 400, `seconds must be a number above 0 and up to ${String(MOST_SECONDS)}`);
      return;
    }
    await unlessBusy(response, async () => {
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const profile = await profiler.cpuProfile(seconds * 1_000, AbortSignal.any([stopping, gone.signal]));
      attach(response, "cpuprofile");
      response.end(profile);
    });
  };
}

function heapRoute(profiler: Profiler): RequestHandler {
  return async (_request, response) =>
    unlessBusy(response, async () => {
      await profiler.heapSnapshot((chunk) => {
        if (!response.headersSent) attach(response, "heapsnapshot");
        response.write(chunk);
      });
      response.end();
    });
}

const fromThisMachine: RequestHandler = (request, response, next) => {
  if (LOOPBACK_HOST.test(request.headers.host ?? "")) next();
  else sendError(response, 403, "profiles are for this machine only: ask by the name localhost or 127.0.0.1");
};

function secondsOf({ query }: Request): number | undefined {
  const { seconds = String(DEFAULT_SECONDS) } = query;
  const read = Number(seconds);
  return read > 0 && read <= MOST_SECONDS ? read : undefined;
}

async function unlessBusy(response: Response, take: () => Promise<void>): Promise<void> {
  try {
    await take();
  } catch (error) {
    if (!(error instanceof ProfilerBusyError)) throw error;
    sendError(response, 503, error.message);
  }
}

function attach(response: Response, extension: string): void {
  response.type("application/json").attachment(`otel-allocator-${String(process.pid)}.${extension}`);
}
