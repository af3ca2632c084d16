import { freeForm, map, object, texts, type Field } from "./field.ts";

/** `spec.config`: the collector's own configuration, checked only as far as every collector has it. */

const PIPELINE: Field = object("", {
  name: "CollectorPipeline",
  required: ["exporters", "receivers"],
  fields: {
    receivers: texts("Ids of receivers."),
    processors: texts("Ids of processors, in order."),
    exporters: texts("Ids of exporters."),
  },
});

export const COLLECTOR_CONFIG: Field = object(
  "Configuration of the collector. With the target allocator the receiver `prometheus` is rewritten to ask it.",
  {
    name: "CollectorConfig",
    required: ["exporters", "receivers", "service"],
    open: true,
    fields: {
      receivers: freeForm("Receivers by id, such as `otlp` or `prometheus/second`."),
      exporters: freeForm("Exporters by id."),
      processors: freeForm("Processors by id."),
      connectors: freeForm("Connectors by id."),
      extensions: freeForm("Extensions by id."),
      service: object("What of the above is used, and how.", {
        name: "CollectorService",
        required: ["pipelines"],
        fields: {
          extensions: texts("Ids of the extensions that are used."),
          telemetry: freeForm("How the collector reports about itself."),
          pipelines: map("Pipelines by id, such as `metrics` or `traces/tail`.", PIPELINE),
        },
      }),
    },
  },
);
