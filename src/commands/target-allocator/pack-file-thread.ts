import { parentPort, workerData } from "node:worker_threads";

import { packFile } from "./packed-file.ts";

const packed = packFile(workerData as string);
parentPort?.postMessage(packed, "jobs" in packed ? packed.jobs.map(({ buffer }) => buffer) : []);
