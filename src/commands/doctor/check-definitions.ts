import type { Field, ResourceSchema } from "../../api/opentelemetry/schema/field.ts";
import { OPENTELEMETRY_COLLECTOR } from "../../api/opentelemetry/schema/collector.ts";
import { TARGET_ALLOCATOR_RESOURCE } from "../../api/opentelemetry/schema/target-allocator.ts";
import { MONITOR_RESOURCES, type MonitorKind } from "../../prometheus-cr/resources.ts";
import type { Definition, SchemaNode } from "./kinds.ts";
import type { Finding } from "./finding.ts";
import { nameOf, type Observation } from "./observation.ts";

const OWN_SCHEMAS: readonly ResourceSchema[] = [OPENTELEMETRY_COLLECTOR, TARGET_ALLOCATOR_RESOURCE];
const definitionName = ({ plural, group }: { readonly plural: string; readonly group: string }): string =>
  `${plural}.${group}`;
const KINDS = Object.keys(MONITOR_RESOURCES) as readonly MonitorKind[];

/** By which cert-manager is known to be there. */
export const CERTIFICATES_DEFINITION = "certificates.cert-manager.io";

/** The definitions that matter, by name. */
export const DEFINITION_NAMES: readonly string[] = [
  ...[...OWN_SCHEMAS, ...Object.values(MONITOR_RESOURCES)].map(definitionName),
  CERTIFICATES_DEFINITION,
];

type Definitions = Pick<Observation, "definitions" | "missingDefinitions" | "allocators">;

/** Whether the cluster has the kinds of ours, in the versions that are used and with all their fields. */
export function checkOwnDefinitions(observation: Definitions): readonly Finding[] {
  return OWN_SCHEMAS.flatMap((schema): readonly Finding[] => {
    const name = definitionName(schema);
    const mending = {
      run: [`kubectl apply --server-side --force-conflicts -f crds/${schema.group}_${schema.plural}.yaml`],
    };
    const object = `CustomResourceDefinition ${name}`;
    if (observation.missingDefinitions.has(name)) {
      const message = `the cluster has no ${schema.kind}s; install the CRDs of this version`;
      return [{ code: "CrdMissing", object, message, mending }];
    }
    const definition = observation.definitions.get(name);
    if (definition === undefined) return [];
    const problem = notServed(definition, schema.version);
    if (problem !== undefined) return [{ code: "CrdVersionNotServed", object, message: problem, mending }];
    const missing = missingFields(schema, definition);
    if (missing.length === 0) return [];
    const shown = missing.slice(0, MOST_FIELDS).join(", ") + (missing.length > MOST_FIELDS ? ", …" : "");
    const message = `the definition lacks ${String(missing.length)} fields of this version, so the API server drops them: ${shown}`;
    return [{ code: "CrdOutdated", object, message, mending }];
  });
}

const MOST_FIELDS = 5;

/** Whether the kinds of monitors are there that allocators may select. */
export function checkMonitorDefinitions(observation: Definitions): readonly Finding[] {
  return KINDS.flatMap((kind) => {
    const type = MONITOR_RESOURCES[kind];
    const name = definitionName(type);
    const readers = observation.allocators.filter(
      ({ spec }) => spec.prometheusCR?.enabled === true && spec.prometheusCR[selectorField(kind)] !== undefined,
    );
    const definition = observation.definitions.get(name);
    const problem = observation.missingDefinitions.has(name)
      ? `the cluster has no ${kind}s`
      : definition && notServed(definition, type.version);
    const [first] = readers;
    if (problem === undefined || first === undefined) return [];
    const who = readers.length === 1 ? "" : ` and ${String(readers.length - 1)} more`;
    return [
      {
        code: "MonitorCrdMissing",
        object: `CustomResourceDefinition ${name}`,
        message: `${problem}, which ${nameOf(first.owner)}${who} would select; the allocator works without, and takes them up when they come`,
        mending: { run: [`kubectl apply --server-side -f ${CRD_SOURCE}/${type.group}_${type.plural}.yaml`] },
      },
    ];
  });
}

const CRD_SOURCE =
  "https://raw.githubusercontent.com/prometheus-operator/prometheus-operator/main/example/prometheus-operator-crd";

/** The field of `prometheusCR` that selects monitors of a kind. */
export function selectorField(
  kind: MonitorKind,
): `${"serviceMonitor" | "podMonitor" | "probe" | "scrapeConfig"}Selector` {
  const fields = {
    ServiceMonitor: "serviceMonitorSelector",
    PodMonitor: "podMonitorSelector",
    Probe: "probeSelector",
    ScrapeConfig: "scrapeConfigSelector",
  } as const;
  return fields[kind];
}

function notServed({ spec, status }: Definition, version: string): string | undefined {
  const served = (spec?.versions ?? []).filter((each) => each.served).map(({ name }) => name);
  if (!served.includes(version)) {
    return `it does not serve ${version}, which this version of the operator reads (served: ${served.join(", ") || "none"})`;
  }
  const established = status?.conditions?.find(({ type }) => type === "Established");
  return established?.status === "True" ? undefined : "the API server has not accepted it (condition Established)";
}

/** The paths of our fields that the definition does not have, the outermost of each branch. */
function missingFields({ version, spec, status }: ResourceSchema, definition: Definition): readonly string[] {
  const schema = definition.spec?.versions?.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
  if (schema === undefined) return [];
  return [
    ...fieldsMissing(spec, schema.properties?.["spec"], "spec"),
    ...fieldsMissing(status, schema.properties?.["status"], "status"),
  ];
}

function fieldsMissing(field: Field, node: SchemaNode | undefined, path: string): readonly string[] {
  if (node === undefined) return [path];
  if (node["x-kubernetes-preserve-unknown-fields"] === true) return [];
  if (field.type === "list") return fieldsMissing(field.items, node.items, `${path}[]`);
  if (field.type !== "object") return [];
  return Object.entries(field.fields).flatMap(([name, inner]) =>
    fieldsMissing(inner, node.properties?.[name], `${path}.${name}`),
  );
}
