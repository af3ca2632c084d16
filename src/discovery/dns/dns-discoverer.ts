import {
  compareBytewise,
  type Discoverer,
  type DiscoverySink,
  EMPTY_LABELS,
  type Labels,
  labelsOf,
  type TargetGroup,
} from "../../allocator/index.ts";
import type { Clock } from "../../observability/clock.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { type Refreshed, type RefreshObserver, runRefreshing } from "../refresh.ts";
import type { DnsRecord } from "./dns-query.ts";
import { lookUp, type LookupOptions } from "./lookup.ts";
import type { DnsSettings } from "./settings.ts";

/** Counts names that were looked up. */
export interface LookupObserver {
  lookedUp(failed: boolean): void;
}

/** What the dns mechanism needs of its surroundings. */
export interface DnsDiscovererOptions extends LookupOptions {
  readonly settings: DnsSettings;
  readonly clock: Clock;
  readonly observer: RefreshObserver & LookupObserver;
}

/**
 * `dns_sd_configs`: the records of some names, one group for each name. The targets of a name that cannot be looked up
 * stay; those of one that does not exist, or has no such records any more, are gone.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#dns_sd_config
 */
export class DnsDiscoverer implements Discoverer {
  readonly #options: DnsDiscovererOptions;
  /** What the sink knows of each name, as text. */
  readonly #told = new Map<string, string>();

  constructor(options: DnsDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { settings, clock, observer } = this.#options;
    const refresh = async (stop: AbortSignal): Promise<Refreshed> => this.#refresh(stop);
    await runRefreshing({ intervalMs: settings.refreshIntervalMs, refresh, clock, observer }, sink, signal);
  }

  async #refresh(signal: AbortSignal): Promise<Refreshed> {
    const names = [...new Set(this.#options.settings.names)];
    const outcomes = await Promise.all(names.map(async (name) => this.#lookUp(name, signal)));
    const errors = outcomes.filter((outcome) => outcome instanceof Error);
    const groups = outcomes.flatMap((outcome) => (outcome instanceof Error ? [] : [outcome]));
    const [first] = errors;
    const news = groups.filter((group) => this.#isNews(group));
    if (first === undefined) return { groups };
    const messages = errors.map(({ message }) => message);
    const problem = new Error(`dns_sd_configs: ${messages.join("; ")}`, { cause: first });
    if (groups.length === 0) throw problem;
    return { groups: news, problem };
  }

  #isNews({ source, targets }: TargetGroup): boolean {
    const text = JSON.stringify(targets.map(({ values }) => values));
    const previous = this.#told.get(source);
    this.#told.set(source, text);
    return text !== previous;
  }

  async #lookUp(name: string, signal: AbortSignal): Promise<TargetGroup | Error> {
    const { settings, observer } = this.#options;
    try {
      const records = await lookUp(this.#options, name, settings.type, signal);
      observer.lookedUp(false);
      return toTargetGroup(name, records, settings.port);
    } catch (error) {
      signal.throwIfAborted();
      observer.lookedUp(true);
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

function toTargetGroup(name: string, records: readonly DnsRecord[], port: number): TargetGroup {
  const targets = records
    .map((record) => toTarget(name, record, port))
    // Servers rotate their answers, which changes nothing.
    .toSorted((a, b) => compareBytewise(a.values.join(), b.values.join()));
  return { source: name, labels: EMPTY_LABELS, targets };
}

function toTarget(name: string, record: DnsRecord, port: number): Labels {
  const labels = { mx: "", ns: "", srv: "", srvPort: "" };
  let address;
  switch (record.type) {
    case "A":
    case "AAAA":
      address = hostPort(record.address, port);
      break;
    case "SRV":
      labels.srv = `${record.name}.`;
      labels.srvPort = String(record.port);
      address = hostPort(record.name, record.port);
      break;
    case "MX":
      labels.mx = `${record.name}.`;
      address = hostPort(record.name, port);
      break;
    case "NS":
      labels.ns = `${record.name}.`;
      address = hostPort(record.name, port);
      break;
  }
  return labelsOf({
    [ADDRESS]: address,
    __meta_dns_name: name,
    __meta_dns_srv_record_target: labels.srv,
    __meta_dns_srv_record_port: labels.srvPort,
    __meta_dns_mx_record_target: labels.mx,
    __meta_dns_ns_record_target: labels.ns,
  });
}
