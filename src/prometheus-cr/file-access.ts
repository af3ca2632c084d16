import { posix } from "node:path";

import type { DataObject, DataValue } from "../allocator/index.ts";
import type { GenerationSettings } from "./generation-context.ts";
import { filesOfClasses } from "./scrape-classes.ts";

/**
 * What a job says against the ban on files of the collector's file system; none when there is no ban. A collector sends
 * what it reads there to whatever address the job names. Lists of targets (`file_sd_configs`) are not sent anywhere and
 * are no such files, as in the Go allocator.
 */
export function deniedFiles(job: DataObject, settings: GenerationSettings): readonly string[] {
  if (!settings.denyFileAccess) return [];
  const allowed = [...settings.allowedFilePaths, ...filesOfClasses(settings.scrapeClasses)];
  return fileSettings(job, "")
    .filter(({ file }) => !isAllowed(file, allowed))
    .map(({ path, file }) => {
      const name = JSON.stringify(file);
      return `${path}: ${name} is a file of the collector, which the administrator denies to monitors (deny_fs_access_through_sms); refer to a Secret, or have the file allowed`;
    });
}

interface FileSetting {
  readonly path: string;
  readonly file: string;
}

/** Every setting whose name says that it is a file. */
function fileSettings(value: DataValue | undefined, path: string): readonly FileSetting[] {
  if (typeof value === "string") return value !== "" && path.endsWith("_file") ? [{ path, file: value }] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as DataObject).flatMap(([key, each]) => {
    if (key === "kubeconfig_file") return [];
    const at = Array.isArray(value) ? `[${key}]` : key;
    return fileSettings(each, path === "" || at.startsWith("[") ? path + at : `${path}.${at}`);
  });
}

function isAllowed(file: string, allowed: readonly string[]): boolean {
  const normal = posix.normalize(file);
  return allowed.some((each) =>
    each.endsWith("/") ? normal.startsWith(posix.normalize(each)) : normal === posix.normalize(each),
  );
}
