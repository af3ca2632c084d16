import { type DataObject, formatDuration, parseDuration } from "../../allocator/index.ts";
import { given, unlessEmpty } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";

/** How often and how long, by the names of their fields. */
type Intervals = Readonly<Record<string, string | undefined>>;

/**
 * The keys `scrape_interval` and `scrape_timeout`; reports texts that are no durations, and a timeout that is longer
 * than the interval. Empty texts count as absent.
 *
 * @param intervals The interval and then the timeout.
 * @param globalMs The interval of monitors that have none.
 */
export function intervalKeys(intervals: Intervals, field: MonitorField, globalMs: number): DataObject {
  const [[intervalName, interval] = ["", ""], [timeoutName, timeout] = ["", ""]] = Object.entries(intervals);
  const intervalMs = durationOf(interval, field.below(intervalName));
  const timeoutMs = durationOf(timeout, field.below(timeoutName));
  const limitMs = intervalMs ?? globalMs;
  if (timeoutMs !== undefined && timeoutMs > limitMs) {
    const whose = intervalMs === undefined ? "the interval of all monitors" : intervalName;
    field
      .below(timeoutName)
      .report(`${formatDuration(timeoutMs)} is longer than ${whose}, which is ${formatDuration(limitMs)}`);
  }
  return given({ scrape_interval: unlessEmpty(interval), scrape_timeout: unlessEmpty(timeout) });
}

function durationOf(text: string | undefined, field: MonitorField): number | undefined {
  if (text === undefined || text === "") return undefined;
  const durationMs = parseDuration(text);
  if (durationMs === undefined) field.report(`${JSON.stringify(text)} is no duration such as 30s or 1m30s`);
  return durationMs;
}
