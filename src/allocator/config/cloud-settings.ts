import {
  anyFilterHasValues,
  anyOf,
  atMostOneWay,
  consulCredentials,
  exactlyOne,
  fits,
  neverSet,
  oneOf,
  outscaleEndpoint,
  parsableUrl,
  pathsStartWithSlash,
  refreshesAtAll,
  required,
  requiredForOAuth,
  urlWithHost,
  type SettingCheck,
} from "./cloud-checks.ts";
import { checkHttpClient, HTTP_CLIENT_FIELDS, TLS_SECTION } from "./http-client-settings.ts";
import { fieldsOf, listOf, section, type Schema } from "./setting-schema.ts";

/** One mechanism. */
interface Mechanism {
  readonly keys: string;
  /** Whether it has the HTTP client keys, and whether their defaults and rules hold there. @default "checked" */
  readonly http?: "checked" | "unchecked" | "none";
  readonly checks?: readonly SettingCheck[];
}

const TYPES = {
  filters: listOf(section({ fields: fieldsOf("name! values!:strings") })),
  tls: TLS_SECTION,
  urlTexts: listOf({ type: "urlText" }),
};

const AWS_ACCESS = "access_key? secret_key?:secret profile? role_arn? external_id?";
const AWS_CLUSTERS = `region! endpoint!:urlText ${AWS_ACCESS} clusters?:strings port!:int=80 refresh_interval?:duration=1m`;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const PORT_AND_REFRESH = "refresh_interval!:duration=1m port!:int=80";

/**
 * Mechanisms that look outside of Kubernetes. They are decoded, validated and served whether or not there is a
 * discoverer for them: a collector reads the sections of its jobs and refuses all jobs when one of them is not valid.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  aws: {
    keys: `role! region? endpoint?:urlText ${AWS_ACCESS} refresh_interval?:duration port?:int filters?:filters clusters?:strings`,
    http: "unchecked",
    checks: [oneOf("role", ["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"])],
  },
  azure: {
    keys: `environment?=AzurePublicCloud port!:int=80 subscription_id! tenant_id? client_id? client_secret?:secret
      refresh_interval?:duration=5m authentication_method?=OAuth resource_group?`,
    checks: [
      oneOf("authentication_method", ["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"]),
      required("subscription_id"),
      requiredForOAuth,
    ],
  },
  consul: {
    keys: `server?:urlText=localhost:8500 path_prefix? token?:secret datacenter? namespace? partition? tag_separator?=,
      scheme?=http username? password?:secret allow_stale!:bool=true refresh_interval?:duration=30s services?:strings
      tags?:strings node_meta?:map filter? health_filter?`,
    checks: [required("server"), consulCredentials],
  },
  digitalocean: {
    keys: `${PORT_AND_REFRESH} role!=droplets httpclient!:any*`,
    checks: [oneOf("role", ["droplets", "databases"]), neverSet("httpclient")],
  },
  docker: {
    keys: `host!:urlText port!:int=80 filters!:filters host_networking_host!=localhost refresh_interval!:duration=1m
      match_first_network!:bool=true`,
    checks: [required("host")],
  },
  dockerswarm: {
    keys: "host!:urlText role! port!:int=80 filters!:filters refresh_interval!:duration=1m",
    checks: [required("host"), oneOf("role", ["services", "tasks", "nodes"])],
  },
  ec2: {
    keys: `endpoint!:urlText region! ${AWS_ACCESS} refresh_interval?:duration=1m port!:int=80 filters!:filters`,
    checks: [anyFilterHasValues],
  },
  ecs: { keys: `${AWS_CLUSTERS} request_concurrency?:int=20` },
  elasticache: { keys: `${AWS_CLUSTERS} request_concurrency?:int=10` },
  eureka: { keys: "server?:urlText refresh_interval?:duration=30s", checks: [urlWithHost("server")] },
  gce: {
    keys: "project! zone! filter? refresh_interval?:duration=1m port!:int=80 tag_separator?=,",
    http: "none",
    checks: [required("project", "zone")],
  },
  hetzner: {
    keys: `${PORT_AND_REFRESH} role! label_selector?`,
    checks: [oneOf("role", ["robot", "hcloud"])],
  },
  ionos: { keys: `datacenter_id! ${PORT_AND_REFRESH}`, checks: [required("datacenter_id")] },
  kuma: {
    keys: "refresh_interval?:duration=15s fetch_timeout?:duration=2m server?:urlText client_id?",
    checks: [urlWithHost("server")],
  },
  lightsail: { keys: `endpoint!:urlText region! ${AWS_ACCESS} refresh_interval?:duration=1m port!:int=80` },
  linode: { keys: `${PORT_AND_REFRESH} tag_separator?=, region?` },
  marathon: {
    keys: "servers?:urlTexts refresh_interval?:duration=30s auth_token?:secret auth_token_file?",
    checks: [
      required("servers"),
      atMostOneWay("auth_token", "auth_token_file", "basic_auth", "bearer_token", "bearer_token_file", "authorization"),
    ],
  },
  msk: { keys: `${AWS_CLUSTERS} request_concurrency?:int=10` },
  nerve: {
    keys: "servers!:strings paths!:strings timeout?:duration=10s",
    http: "none",
    checks: [required("servers", "paths"), pathsStartWithSlash],
  },
  nomad: {
    keys: `allow_stale!:bool=true namespace!=default refresh_interval!:duration=1m region!=global
      server!:urlText=http://localhost:4646 tag_separator?=,`,
    checks: [required("server")],
  },
  openstack: {
    keys: `identity_endpoint!:urlText username! userid! password!:secret project_name! project_id! domain_name! domain_id!
      application_credential_name! application_credential_id! application_credential_secret!:secret role! region!
      refresh_interval!:duration=1m port!:int=80 all_tenants?:bool tls_config?:tls availability?=public`,
    http: "none",
    checks: [
      oneOf("role", ["hypervisor", "instance", "loadbalancer"]),
      oneOf("availability", ["public", "internal", "admin"]),
      required("region"),
    ],
  },
  outscale: {
    keys: `endpoint?:urlText region!=eu-west-2 access_key! secret_key!:secret secret_key_file! refresh_interval?:duration=1m
      port!:int=80`,
    checks: [required("region", "access_key"), exactlyOne("secret_key", "secret_key_file"), outscaleEndpoint],
  },
  ovhcloud: {
    keys: `endpoint!=ovh-eu application_key! application_secret!:secret consumer_key!:secret
      refresh_interval!:duration=1m service!`,
    http: "none",
    checks: [
      required("endpoint", "application_key", "application_secret", "consumer_key"),
      oneOf("service", ["dedicated_server", "vps"]),
    ],
  },
  puppetdb: {
    keys: "refresh_interval?:duration=1m url!:urlText query! include_parameters!:bool port!:int=80",
    checks: [urlWithHost("url", ["http", "https"]), required("query")],
  },
  rds: { keys: `${AWS_CLUSTERS} request_concurrency?:int=10` },
  scaleway: {
    keys: `project_id! api_url?:urlText=https://api.scaleway.com zone!=fr-par-1 access_key! secret_key!:secret secret_key_file!
      name_filter? tags_filter?:strings ${PORT_AND_REFRESH} role!`,
    checks: [
      required("project_id", "access_key"),
      exactlyOne("secret_key", "secret_key_file"),
      oneOf("role", ["instance", "baremetal"]),
      fits("access_key", /^SCW[A-Z0-9]{17}$/, "SCW and 17 capital letters or digits"),
      fits("secret_key", UUID, "a UUID"),
      fits("project_id", UUID, "a UUID"),
      fits("zone", /^[a-z]{2}-[a-z]{3,7}-\d{1,2}$/, "a zone such as fr-par-1"),
    ],
  },
  serverset: {
    keys: "servers!:strings paths!:strings timeout?:duration=10s",
    http: "none",
    checks: [required("servers", "paths"), pathsStartWithSlash],
  },
  stackit: {
    keys: `project! refresh_interval?:duration=1m port?:int=80 region?=eu01 endpoint?:urlText service_account_key?:secret
      private_key?:secret service_account_key_path? private_key_path? credentials_file_path?`,
    checks: [anyOf("endpoint", "region"), parsableUrl("endpoint")],
  },
  triton: {
    keys: `account! role!=container dns_suffix! endpoint! groups?:strings port!:int=9163 refresh_interval?:duration=1m
      tls_config?:tls version!:int=1`,
    http: "none",
    checks: [required("account", "dns_suffix", "endpoint"), oneOf("role", ["container", "cn"]), refreshesAtAll],
  },
  uyuni: {
    keys: `server!:urlText username! password!:secret entitlement?=monitoring_entitled separator?=,
      refresh_interval?:duration=1m`,
    checks: [required("server", "username", "password"), parsableUrl("server")],
  },
  vultr: { keys: PORT_AND_REFRESH },
};

/** Without their defaults, switches that are on by default are off. */
const UNCHECKED_HTTP_FIELDS = HTTP_CLIENT_FIELDS.map(({ default: _default, ...field }) => field);

/** The tables above as sections. */
export const CLOUD_MECHANISMS: ReadonlyMap<string, Schema> = new Map(
  Object.entries(MECHANISMS).map(([name, mechanism]) => [name, schemaOf(mechanism)]),
);

function schemaOf({ keys, http = "checked", checks = [] }: Mechanism): Schema {
  const httpFields = { checked: HTTP_CLIENT_FIELDS, unchecked: UNCHECKED_HTTP_FIELDS, none: [] }[http];
  return {
    fields: [...fieldsOf(keys, TYPES), ...httpFields],
    check: (settings, report) => {
      const completed = checks.reduce((current, check) => check(current, report), settings);
      return http === "checked" ? checkHttpClient(completed, report) : completed;
    },
  };
}
