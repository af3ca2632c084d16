import { isFreeForm, settingsOf } from "./components.ts";
import type { CollectorConfig } from "./v1beta1.ts";

/** Where an id may be declared that a pipeline names: a connector ends one pipeline and begins another. */
const DECLARED_IN = {
  receivers: ["receivers", "connectors"],
  processors: ["processors"],
  exporters: ["exporters", "connectors"],
} as const;

/**
 * Ids of components that a configuration uses and does not declare, each as a sentence. A collector ends at its start
 * with such a configuration: https://opentelemetry.io/docs/collector/configuration/#pipelines
 */
export function undeclaredComponents(config: CollectorConfig): readonly string[] {
  const { pipelines, extensions } = settingsOf(config.service);
  const inPipelines = Object.entries(settingsOf(pipelines)).flatMap(([pipeline, lists]) =>
    (["receivers", "processors", "exporters"] as const).flatMap((kind) =>
      undeclared(config, settingsOf(lists)[kind], { at: `pipelines.${pipeline}.${kind}`, sections: DECLARED_IN[kind] }),
    ),
  );
  return [...inPipelines, ...undeclared(config, extensions, { at: "extensions", sections: ["extensions"] })];
}

interface Reference {
  /** Of the list, below `spec.config.service`. */
  readonly at: string;
  readonly sections: readonly ("receivers" | "processors" | "exporters" | "extensions" | "connectors")[];
}

function undeclared(config: CollectorConfig, ids: unknown, { at, sections }: Reference): readonly string[] {
  if (!Array.isArray(ids)) return [];
  const declared = sections.flatMap((section) => (isFreeForm(config[section]) ? Object.keys(config[section]) : []));
  return ids
    .filter((id) => typeof id === "string" && !declared.includes(id))
    .map((id) => {
      const there = declared.length === 0 ? "declares none" : `declares ${declared.join(", ")}`;
      return `spec.config.service.${at} names ${JSON.stringify(id)}, but spec.config.${sections[0] ?? ""} ${there}: collectors do not start with it`;
    });
}
