import type { DataObject } from "../../allocator/index.ts";
import { textOf } from "../decoded-settings.ts";

/** `request_concurrency` of the mechanisms that have it: those of `aws_sd_configs` cannot set it. */
const CONCURRENCY: Readonly<Record<string, number>> = { ecs: 20, elasticache: 10, msk: 10, rds: 10 };

/** What decoding makes of keys that are not set. */
const UNSET: ReadonlySet<unknown> = new Set([undefined, "", 0, 0n, "0s"]);

/** A section of a role's own mechanism. */
export interface RoleSection {
  /** As in the file, without `_sd_configs`. */
  readonly mechanism: string;
  readonly settings: DataObject;
}

/**
 * The section that an entry of `aws_sd_configs` stands for: that of the role, with the role's defaults for what is not set.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#aws_sd_config
 */
export function roleSectionOf(settings: DataObject): RoleSection {
  const mechanism = textOf(settings, "role");
  const set = Object.entries(settings).filter(([, value]) => !UNSET.has(value));
  const concurrency = CONCURRENCY[mechanism];
  return {
    mechanism,
    settings: {
      refresh_interval: "1m",
      port: 80,
      filters: [],
      ...(concurrency === undefined ? {} : { request_concurrency: concurrency }),
      ...Object.fromEntries(set),
    },
  };
}
