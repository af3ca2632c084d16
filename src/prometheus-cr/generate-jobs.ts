import { GENERATORS } from "./kinds/generators.ts";
import { toMonitorJobs } from "./monitor-jobs.ts";
import type { GenerateJobs } from "./monitor-outcome.ts";

/** The jobs of a monitor of any kind. */
export const generateJobs: GenerateJobs = (kind, monitor, context) =>
  toMonitorJobs(GENERATORS[kind](monitor, context), context.settings);
