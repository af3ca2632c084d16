import { isFreeForm } from "../../../api/opentelemetry/components.ts";
import type { CollectorConfig } from "../../../api/opentelemetry/v1beta1.ts";
import { sha256, toGoJson } from "../../manifests/canonical-json.ts";
import { toConfigYaml } from "../../manifests/config-yaml.ts";
import { type AllocatorAccess, withAllocatorAccess } from "./target-allocator-rewrite.ts";

/**
 * The text of `collector.yaml`. Both forms are the Go operator's, to the letter: with an allocator everything is sorted
 * and indented by four, otherwise the sections stand in the collector's usual order and are indented by two.
 */
export function renderCollectorConfig(config: CollectorConfig, access: AllocatorAccess | undefined): string {
  if (access === undefined) return toConfigYaml(inUsualOrder(config), { indent: 2 });
  return toConfigYaml(sorted(inUsualOrder(withAllocatorAccess(config, access))), { indent: 4 });
}

/**
 * Names the generation of a configuration: pods are replaced when it changes. It is the hash that the Go operator takes
 * of the configuration as the user wrote it, so that nothing restarts when a cluster moves over; it says nothing of the
 * rewriting, so what is unusual about that goes in too.
 *
 * @param access - How the configuration is rewritten, if it is.
 * @param usual - What the Go operator would have rewritten it to.
 */
export function configHash(config: CollectorConfig, access?: AllocatorAccess, usual?: AllocatorAccess): string {
  const json = toGoJson(inUsualOrder(config));
  const asking = toGoJson(access ?? usual);
  return sha256(asking === toGoJson(usual) ? json : json + asking);
}

type Section = ReadonlyMap<string, unknown>;

function inUsualOrder({ receivers, exporters, processors, connectors, extensions, service }: CollectorConfig): Section {
  const { telemetry, pipelines } = service;
  const used = service.extensions ?? [];
  const ordered = Object.entries(pipelines).map(([id, pipeline]) => [id, pipelineInOrder(pipeline)] as const);
  return section([
    ["receivers", receivers],
    ["exporters", exporters],
    ["processors", processors],
    ["connectors", connectors],
    ["extensions", extensions],
    [
      "service",
      section([
        ["extensions", used.length === 0 ? undefined : used],
        ["telemetry", telemetry],
        ["pipelines", Object.fromEntries(ordered)],
      ]),
    ],
  ]);
}

function pipelineInOrder({
  exporters,
  processors,
  receivers,
}: CollectorConfig["service"]["pipelines"][string]): Section {
  const given = processors ?? [];
  return section([
    ["exporters", exporters],
    ["processors", given.length === 0 ? undefined : given],
    ["receivers", receivers],
  ]);
}

function section(entries: readonly (readonly [string, unknown])[]): Section {
  return new Map(entries.filter(([, value]) => value !== undefined));
}

/** The same content in plain objects, which are written in the order of their keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const members =
    value instanceof Map ? [...(value as Section)] : isFreeForm(value) ? Object.entries(value) : undefined;
  return members === undefined ? value : Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}
