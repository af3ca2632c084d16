import { readFileSync } from "node:fs";
import { parse } from "yaml";

import type { DataObject } from "../../src/allocator/index.ts";
import { applyMergePatch } from "../../src/kube/merge-patch.ts";
import { GENERATORS } from "../../src/prometheus-cr/kinds/generators.ts";
import { MONITOR_RESOURCES, type Monitor, type MonitorKind } from "../../src/prometheus-cr/resources.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { fakeAssets, generationSettings } from "./monitor-generation.ts";

/** One case of a file of monitors. */
export interface MonitorCase {
  readonly name: string;
  readonly spec: DataObject;
  readonly classes: readonly DataObject[];
}

interface CaseFile {
  readonly base: DataObject;
  readonly cases: readonly (Partial<MonitorCase> & { readonly name: string; readonly endpoint?: DataObject })[];
}

const TESTDATA = new URL("../prometheus-cr/kinds/testdata/", import.meta.url);

/** The kinds with their files of cases, which have golden files beside them. */
export const CASE_FILES: readonly { readonly kind: MonitorKind; readonly path: string; readonly golden: string }[] = (
  [
    ["ServiceMonitor", "service-monitor"],
    ["PodMonitor", "pod-monitor"],
    ["Probe", "probe"],
    ["ScrapeConfig", "scrape-config"],
  ] as const
).map(([kind, name]) => ({
  kind,
  path: new URL(`${name}.yaml`, TESTDATA).pathname,
  golden: new URL(`${name}.golden.yaml`, TESTDATA).pathname,
}));

/** The monitor that all cases of a file change, and then the cases. */
export function readCases(path: string): readonly MonitorCase[] {
  const { base, cases } = parse(readFileSync(path, "utf8"), { maxAliasCount: -1 }) as CaseFile;
  return [{ name: "base" }, ...cases].map(({ name, spec = {}, classes = [], ...rest }) => {
    const merged = applyMergePatch(base, spec) as DataObject;
    return { name, classes, spec: "endpoint" in rest ? withEndpoint(merged, rest.endpoint ?? {}) : merged };
  });
}

function withEndpoint(spec: DataObject, patch: DataObject): DataObject {
  const key = "endpoints" in spec ? "endpoints" : "podMetricsEndpoints";
  const [first, ...others] = spec[key] as readonly DataObject[];
  return { ...spec, [key]: [applyMergePatch(first, patch) as DataObject, ...others] };
}

/** A monitor `shop/web` of any kind. */
export function monitorOf(kind: MonitorKind, spec: DataObject): Monitor {
  const { group, version } = MONITOR_RESOURCES[kind];
  return { apiVersion: `${group}/${version}`, kind, metadata: { namespace: "shop", name: "web" }, spec };
}

const authority = createCertificateAuthority();
const { cert, key } = authority.issue("DNS:web.example");

/** Certificates, by what stands for them in golden files. */
const PEM: readonly (readonly [string, string])[] = [
  ["(certificate authority)", authority.cert],
  ["(certificate)", cert],
  ["(private key)", key],
];

/** What the cases refer to. */
export const CASE_ASSETS = [
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "shop", name: "creds" },
    stringData: {
      user: "alice",
      pass: "p4ss",
      token: "t0ken",
      id: "client",
      secret: "s3cret",
      uuid: "11111111-1111-1111-1111-111111111111",
      broken: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      otherKey: authority.key,
      ca: authority.cert,
      cert,
      key,
    },
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "shop", name: "certs" },
    data: { ca: authority.cert, cert, id: "client-of-config-map" },
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "obs", name: "of-class" },
    stringData: { token: "t0ken-of-class" },
  },
];

/** The documents of a case, which lacks nothing. */
export function generateCase(kind: MonitorKind, { spec, classes }: MonitorCase): readonly DataObject[] {
  const context = { settings: generationSettings({ scrapeClasses: classes }), assets: fakeAssets(CASE_ASSETS) };
  const { documents, warnings } = GENERATORS[kind](monitorOf(kind, spec), context);
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  return documents;
}

/** A value with short words where certificates are, which differ with each run. */
export function withoutCertificates<T>(value: T): T {
  if (typeof value === "string") {
    return (PEM.find(([, text]) => text === value)?.[0] ?? value) as T;
  }
  if (Array.isArray(value)) return value.map((each: unknown) => withoutCertificates(each)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutCertificates(each)])) as T;
}
