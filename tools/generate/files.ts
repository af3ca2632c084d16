import { stringify } from "yaml";

import { OPENTELEMETRY_COLLECTOR_V1ALPHA1 } from "../../src/api/opentelemetry/schema/collector-v1alpha1.ts";
import { OPENTELEMETRY_COLLECTOR } from "../../src/api/opentelemetry/schema/collector.ts";
import { TARGET_ALLOCATOR_RESOURCE } from "../../src/api/opentelemetry/schema/target-allocator.ts";
import {
  CERTIFICATE_PERMISSIONS,
  COLLECTOR_GRANTING_PERMISSIONS,
  COLLECTOR_PERMISSIONS,
  GRANTING_PERMISSIONS,
  LEADER_ELECTION_PERMISSIONS,
  MANAGER_PERMISSIONS,
  NAMESPACED_PERMISSIONS,
  type Permission,
  WEBHOOK_PERMISSIONS,
} from "../../src/controllers/permissions.ts";
import { toConditionsPage } from "./conditions-page.ts";
import { toCustomResourceDefinition, type Version } from "./crd.ts";
import { toNamespacedFiles, toOptionalRbacFiles, toRbacFiles } from "./rbac.ts";
import { toReference } from "./reference.ts";
import { toTypeScript } from "./typescript.ts";

const COMMAND = "node tools/generate.ts";

/** Path from the root of the repository → text, of every generated file. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([...toCrds(), ...toModules(), ...toReferences(), ...toRbac()]);
}

type Files = readonly (readonly [path: string, text: string])[];

/**
 * v1alpha1 of the collector has its configuration as a text, so only a conversion webhook can serve it. It is in the
 * list all the same: the API server takes no CRD that leaves out a version in which objects were ever stored.
 */
const CRDS: readonly (readonly Version[])[] = [
  [
    { resource: OPENTELEMETRY_COLLECTOR_V1ALPHA1, served: false, storage: false },
    { resource: OPENTELEMETRY_COLLECTOR, served: true, storage: true },
  ],
  [{ resource: TARGET_ALLOCATOR_RESOURCE, served: true, storage: true }],
];

/** Every version of every kind. */
export const RESOURCE_SCHEMAS = CRDS.flat().map(({ resource }) => resource);

function toCrds(): Files {
  return CRDS.flatMap((versions) => {
    const text = toYaml(toCustomResourceDefinition(versions), "src/api/opentelemetry/schema");
    const [{ group, plural } = OPENTELEMETRY_COLLECTOR] = versions.map(({ resource }) => resource);
    // kustomize takes no files from outside of its folder, not even by links.
    return ["crds", "config/crd/bases"].map((folder) => [`${folder}/${group}_${plural}.yaml`, text] as const);
  });
}

function toModules(): Files {
  const shared = { resource: OPENTELEMETRY_COLLECTOR, specifier: "./v1beta1.ts" };
  return [
    ["src/api/opentelemetry/v1beta1.ts", toTypeScript(OPENTELEMETRY_COLLECTOR, COMMAND)],
    ["src/api/opentelemetry/v1alpha1.ts", toTypeScript(OPENTELEMETRY_COLLECTOR_V1ALPHA1, COMMAND, shared)],
    ["src/api/opentelemetry/target-allocator.ts", toTypeScript(TARGET_ALLOCATOR_RESOURCE, COMMAND, shared)],
  ];
}

function toReferences(): Files {
  return [
    ["docs/reference/opentelemetrycollector.md", toReference(OPENTELEMETRY_COLLECTOR, COMMAND)],
    ["docs/reference/opentelemetrycollector-v1alpha1.md", toReference(OPENTELEMETRY_COLLECTOR_V1ALPHA1, COMMAND)],
    ["docs/reference/targetallocator.md", toReference(TARGET_ALLOCATOR_RESOURCE, COMMAND)],
    ["docs/reference/conditions.md", toConditionsPage(COMMAND)],
  ];
}

function toRbac(): Files {
  const permissions = {
    manager: MANAGER_PERMISSIONS,
    leaderElection: LEADER_ELECTION_PERMISSIONS,
    webhook: WEBHOOK_PERMISSIONS,
  };
  const header = headerOf("src/controllers/permissions.ts");
  const files = toRbacFiles(header, permissions);
  const optional = toOptionalRbacFiles(header, {
    certificates: CERTIFICATE_PERMISSIONS,
    granting: GRANTING_PERMISSIONS,
    collectors: [...COLLECTOR_GRANTING_PERMISSIONS, ...COLLECTOR_PERMISSIONS],
  });
  return [
    ...[...files].map(([name, text]) => [`config/rbac/${name}`, text] as const),
    ...[...optional].map(([name, text]) => [`config/rbac-optional/${name}`, text] as const),
    ...[
      ...toNamespacedFiles(headerOf("src/controllers/permissions.ts"), {
        ...permissions,
        manager: NAMESPACED_PERMISSIONS,
      }),
    ].map(([name, text]) => [`config/namespaced/rbac/${name}`, text] as const),
    ["charts/otel-allocator/files/manager-rules.yaml", toRules(MANAGER_PERMISSIONS)],
    ["charts/otel-allocator/files/namespaced-rules.yaml", toRules(NAMESPACED_PERMISSIONS)],
    ["charts/otel-allocator/files/leader-election-rules.yaml", toRules(LEADER_ELECTION_PERMISSIONS)],
    ["charts/otel-allocator/files/webhook-rules.yaml", toRules(WEBHOOK_PERMISSIONS)],
    ["charts/otel-allocator/files/certificates-rules.yaml", toRules(CERTIFICATE_PERMISSIONS)],
    ["charts/otel-allocator/files/granting-rules.yaml", toRules(GRANTING_PERMISSIONS)],
    ["charts/otel-allocator/files/collectors-rules.yaml", toRules(COLLECTOR_GRANTING_PERMISSIONS)],
  ];
}

/** The rules alone, as the chart's templates take them. */
function toRules(permissions: readonly Permission[]): string {
  return toYaml(
    permissions.map(({ rule }) => rule),
    "src/controllers/permissions.ts",
  );
}

function toYaml(object: unknown, source: string): string {
  const body = stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 });
  return headerOf(source) + body;
}

function headerOf(source: string): string {
  return `# Generated by \`${COMMAND}\` from ${source}. Do not edit.\n`;
}
