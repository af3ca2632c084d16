import { type DataObject, normalizedUrl } from "../../allocator/index.ts";
import type { MonitorField } from "../monitor-field.ts";
import { fields, list, type Shape } from "../shape.ts";
import { checkOneWay } from "./authentication.ts";
import { camelCase } from "./camel-case.ts";
import {
  ATTACH_METADATA,
  AWS_KEYS,
  type DiscoveryEntry,
  type DiscoveryField,
  FIELD_TYPES,
  MANDATORY_AUTHORIZATION,
  SHARED_FIELDS,
} from "./discovery-fields.ts";

/** A list of a ScrapeConfig and the section that it becomes. */
interface Mechanism {
  /** The field of the spec. */
  readonly list: string;
  /** The key of the job. */
  readonly section: string;
  /**
   * Its fields, in the order of the keys: `name:type`, text by default; `!` keeps the key without a value, `>key` renames.
   * Capital letters are fields that many share, names in brackets those of few.
   */
  readonly table: string;
  readonly check?: (entry: DiscoveryEntry, at: MonitorField) => void;
}

const SPECIAL: Readonly<Record<string, DiscoveryField>> = {
  "[attach]": ATTACH_METADATA,
  "[aws]": AWS_KEYS,
  "[authorization]": MANDATORY_AUTHORIZATION,
};

/** What the API server could select by, in each role. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pod: ["pod"],
  service: ["service"],
  endpointslice: ["pod", "service", "endpointslice"],
  endpoints: ["pod", "service", "endpoints"],
  node: ["node"],
  ingress: ["ingress"],
};

/** https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.ScrapeConfigSpec */
const MECHANISMS: readonly Mechanism[] = [
  { list: "staticConfigs", section: "static_configs", table: "targets!:texts labels!:labels" },
  { list: "fileSDConfigs", section: "file_sd_configs", table: "files!:texts refreshInterval:nonempty" },
  {
    list: "httpSDConfigs",
    section: "http_sd_configs",
    table: "B A T P O url! refreshInterval:nonempty R H",
  },
  {
    list: "kubernetesSDConfigs",
    section: "kubernetes_sd_configs",
    table: "apiServer role!:lower B A O P R H T namespaces:namespaces selectors:selectors [attach]",
    check: checkKubernetes,
  },
  {
    list: "consulSDConfigs",
    section: "consul_sd_configs",
    table: `B A O P T server! pathPrefix tokenRef>token:secret datacenter namespace partition scheme:lower
      services:texts tags:texts tagSeparator nodeMeta:labels filter healthFilter allowStale:flag
      refreshInterval:nonempty R H`,
  },
  {
    list: "dnsSDConfigs",
    section: "dns_sd_configs",
    table: "names!:texts refreshInterval:nonempty type port:integer",
  },
  {
    list: "ec2SDConfigs",
    section: "ec2_sd_configs",
    table: "P region [aws] roleARN refreshInterval:nonempty port:integer filters:filters R H T",
  },
  {
    list: "azureSDConfigs",
    section: "azure_sd_configs",
    table: `B A O P environment authenticationMethod subscriptionID tenantID clientID clientSecret:secret
      resourceGroup refreshInterval:nonempty port:integer R H T`,
  },
  {
    list: "gceSDConfigs",
    section: "gce_sd_configs",
    table: "project! zone! filter refreshInterval:nonempty port:integer tagSeparator",
  },
  {
    list: "openstackSDConfigs",
    section: "openstack_sd_configs",
    table: `role!:lower region! identityEndpoint username userid password:secret domainName domainID projectName
      projectID applicationCredentialName applicationCredentialId applicationCredentialSecret:secret allTenants:flag
      refreshInterval:nonempty port:integer availability:lower T`,
  },
  {
    list: "digitalOceanSDConfigs",
    section: "digitalocean_sd_configs",
    table: "A O P R H T port:integer refreshInterval:nonempty",
  },
  {
    list: "kumaSDConfigs",
    section: "kuma_sd_configs",
    table: "B A O P server! R H T refreshInterval:nonempty fetchTimeout:nonempty clientID",
    check: checkServer,
  },
  {
    list: "eurekaSDConfigs",
    section: "eureka_sd_configs",
    table: "B A O P R H T refreshInterval:nonempty server:nonempty",
  },
  {
    list: "dockerSDConfigs",
    section: "docker_sd_configs",
    table: `A O P B filters:filters host! T port:integer hostNetworkingHost matchFirstNetwork:flag
      refreshInterval:nonempty R H`,
    check: checkHost,
  },
  {
    list: "linodeSDConfigs",
    section: "linode_sd_configs",
    table: "A O P T port:integer region H tagSeparator refreshInterval:nonempty R",
  },
  {
    list: "hetznerSDConfigs",
    section: "hetzner_sd_configs",
    table: "B A O P role!:lower R H T port:integer refreshInterval:nonempty labelSelector:nonempty",
  },
  {
    list: "nomadSDConfigs",
    section: "nomad_sd_configs",
    table: "B A O P server! allowStale:flag namespace refreshInterval:nonempty region tagSeparator R H T",
    check: checkServer,
  },
  {
    list: "dockerSwarmSDConfigs",
    section: "dockerswarm_sd_configs",
    table: "B A O P filters:filters host! T role!:lower port:integer refreshInterval:nonempty R H",
    check: checkHost,
  },
  {
    list: "puppetDBSDConfigs",
    section: "puppetdb_sd_configs",
    table: "B A O P url! query! includeParameters:flag port:integer refreshInterval:nonempty R T H",
  },
  {
    list: "lightSailSDConfigs",
    section: "lightsail_sd_configs",
    table: "B A P O region endpoint port:integer refreshInterval:nonempty [aws] roleARN T R H",
  },
  {
    list: "ovhcloudSDConfigs",
    section: "ovhcloud_sd_configs",
    table: `applicationKey! applicationSecret!:secret consumerKey!:secret service:service endpoint
      refreshInterval:nonempty`,
  },
  {
    list: "scalewaySDConfigs",
    section: "scaleway_sd_configs",
    table: `accessKey! secretKey!:secret projectID! role!:lower port:integer apiURL zone nameFilter tagsFilter:texts
      refreshInterval:nonempty P T R H`,
  },
  {
    list: "ionosSDConfigs",
    section: "ionos_sd_configs",
    table: "[authorization] O P T datacenterID! R H port:integer refreshInterval:nonempty",
  },
];

/** A mechanism whose table has been read. */
interface Section extends Mechanism {
  /** The names of fields by their keys. */
  readonly names: ReadonlyMap<string, string>;
  readonly fields: readonly DiscoveryField[];
  readonly shape: Shape<readonly DiscoveryEntry[]>;
}

const SECTIONS: readonly Section[] = MECHANISMS.map((mechanism) => {
  const read = mechanism.table.trim().split(/\s+/).map(fieldOf);
  const all = read.map(({ field }) => field);
  const shapes = Object.assign({}, ...all.map((field) => field.shapes)) as DiscoveryField["shapes"];
  const names = new Map(read.map(({ key, name }) => [key, name]));
  return Object.assign({ fields: all, names, shape: list(fields(shapes)) }, mechanism);
});

/** The sections for service discovery of a ScrapeConfig; lists without entries have none. */
export function discoverySections(spec: DataObject, field: MonitorField): DataObject {
  const sections = SECTIONS.map((section) => [section.section, entriesOf(section, spec, field)] as const);
  return Object.fromEntries(sections.filter(([, entries]) => entries.length > 0));
}

function entriesOf(
  { list: name, shape, ...section }: Section,
  spec: DataObject,
  field: MonitorField,
): readonly DataObject[] {
  const at = field.below(name);
  const entries = shape.read(spec[name] ?? [], at) ?? [];
  return entries.map((entry, index) => {
    const here = at.below(`[${String(index)}]`);
    section.check?.(entry, here);
    const { basicAuth, authorization, oauth2 } = entry;
    if (!section.fields.includes(MANDATORY_AUTHORIZATION)) checkOneWay({ basicAuth, authorization, oauth2 }, here);
    return Object.assign({}, ...section.fields.map((each) => each.keys(entry, here))) as DataObject;
  });
}

/** The path in a ScrapeConfig's spec for one in its document; undefined when it is not one of service discovery. */
export function discoveryFieldPath(path: string): string | undefined {
  const {
    section,
    index = "",
    key,
    rest = "",
  } = /^(?<section>\w+)(?<index>\[\d+\])?(?:\.(?<key>\w+))?(?<rest>.*)$/s.exec(path)?.groups ?? {};
  const known = SECTIONS.find((each) => each.section === section);
  if (known === undefined) return undefined;
  const name = key === undefined ? "" : `.${known.names.get(key) ?? camelCase(key)}`;
  return `${known.list}${index}${name}${camelCase(rest)}`;
}

interface ReadToken {
  readonly field: DiscoveryField;
  readonly key: string;
  readonly name: string;
}

function fieldOf(token: string): ReadToken {
  const known = SPECIAL[token] ?? SHARED_FIELDS[token];
  if (known !== undefined) return { field: known, key: token, name: token };
  const {
    name = "",
    required,
    key,
    type = "text",
  } = /^(?<name>\w+)(?<required>!)?(?:>(?<key>\w+))?(?::(?<type>\w+))?$/.exec(token)?.groups ?? {};
  const make = FIELD_TYPES[type];
  if (make === undefined) throw new Error(`the table of mechanisms has ${JSON.stringify(token)}, which is no field`);
  const realKey = key ?? snakeCase(name);
  return { field: make(name, realKey, required !== undefined), key: realKey, name };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
}

function checkKubernetes({ role, apiServer, namespaces, selectors = [] }: DiscoveryEntry, at: MonitorField): void {
  if (apiServer !== undefined && (namespaces as { ownNamespace?: boolean } | undefined)?.ownNamespace === true) {
    at.below("namespaces.ownNamespace").report("cannot go with apiServer");
  }
  const possible = SELECTABLE[String(role).toLowerCase()] ?? [];
  for (const [index, selector] of (selectors as readonly { readonly role?: string }[]).entries()) {
    if (possible.includes(selector.role?.toLowerCase() ?? "")) continue;
    at.below(`selectors[${String(index)}].role`).report(
      `${JSON.stringify(selector.role ?? "")} cannot be selected in role ${JSON.stringify(role)}, only ${possible.join(", ")}`,
    );
  }
}

function checkServer({ server = "" }: DiscoveryEntry, at: MonitorField): void {
  if (/^[a-z][\w+.-]*:\/\/[^/?#]/i.test(String(server))) return;
  at.below("server").report(`${JSON.stringify(server)} must be a URL with scheme and host`);
}

function checkHost({ host = "" }: DiscoveryEntry, at: MonitorField): void {
  const url = normalizedUrl(String(host));
  if (typeof url !== "string") at.below("host").report(`is no URL: ${url.problem}`);
}
