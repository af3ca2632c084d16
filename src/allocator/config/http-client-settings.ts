import type { DataObject, DataValue } from "./scrape-config.ts";
import { defaultsOf } from "./decode-settings.ts";
import { fieldsOf, listOf, mapOf, section, type Field, type Report, type Schema } from "./setting-schema.ts";
import { sectionSetting, textSetting } from "./setting-values.ts";

/** How to reach an HTTP server: the keys that jobs, discovery mechanisms and OAuth 2 token requests have in common. */
const PROXY_TABLE = `
  proxy_url?:url no_proxy? proxy_from_environment?:bool proxy_connect_header?:secrets`;
const PROXY_TYPES = { secrets: mapOf(listOf({ type: "secret" })) };

const TLS: Schema = {
  fields: fieldsOf(`
    ca? cert? key?:secret ca_file? cert_file? key_file? ca_ref? cert_ref? key_ref? server_name?
    insecure_skip_verify!:bool min_version?* max_version?*`),
  check: checkTls,
};

const HTTP_TYPES = {
  ...PROXY_TYPES,
  basicAuth: section({
    fields: fieldsOf("username? username_file? username_ref? password?:secret password_file? password_ref?"),
  }),
  authorization: section({ fields: fieldsOf("type? credentials?:secret credentials_file? credentials_ref?") }),
  oauth2: section({
    fields: fieldsOf(
      `client_id? client_secret?:secret client_secret_file? client_secret_ref? client_certificate_key_id?
      client_certificate_key?:secret client_certificate_key_file? client_certificate_key_ref? grant_type?
      signature_algorithm? iss? audience? claims?:anything scopes?:strings token_url?:urlText endpoint_params?:map
      tls_config?:tls ${PROXY_TABLE}`,
      { ...PROXY_TYPES, tls: section(TLS), anything: mapOf({ type: "any" }) },
    ),
    check: (settings, report) => {
      checkProxy(settings, report);
      return settings;
    },
  }),
  tls: section(TLS),
  headers: mapOf(
    section({
      fields: fieldsOf("values?:strings secrets?:secrets files?:strings", { secrets: listOf({ type: "secret" }) }),
    }),
  ),
};

/** The TLS keys by themselves, for mechanisms that take nothing else of HTTP. */
export const TLS_SECTION = section(TLS);

/** The HTTP client keys, to be placed among the keys of a section that inlines them. */
export const HTTP_CLIENT_FIELDS: readonly Field[] = fieldsOf(
  `basic_auth?:basicAuth* authorization?:authorization* oauth2?:oauth2* bearer_token?:secret bearer_token_file?
  tls_config?:tls follow_redirects!:bool=true enable_http2!:bool=true ${PROXY_TABLE} http_headers?:headers*`,
  HTTP_TYPES,
);

/** Headers that Prometheus sets itself. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set(
  `authorization host content-encoding content-length content-type user-agent connection keep-alive proxy-authenticate
  proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version
  x-prometheus-remote-read-version x-prometheus-scrape-timeout-seconds x-amz-date x-amz-security-token
  x-amz-content-sha256`.split(/\s+/),
);

const JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/**
 * Validates decoded HTTP client settings and moves a bearer token to where Prometheus keeps it, into `authorization`.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config
 */
export function checkHttpClient(settings: DataObject, report: Report): DataObject {
  const { bearer_token: token, bearer_token_file: tokenFile, authorization, basic_auth: basicAuth, oauth2 } = settings;
  const bearer = isSet(token) || isSet(tokenFile);
  if (isSet(token) && isSet(tokenFile)) report("bearer_token", "cannot be set together with bearer_token_file");
  const ways = { basic_auth: basicAuth, oauth2, authorization, "bearer_token(_file)": bearer ? true : undefined };
  const given = Object.entries(ways).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (given.length > 1) report("", `only one way to authenticate is possible, but there are ${given.join(" and ")}`);
  checkSources(basicAuth, ["username", "password"], (key, problem) => report(`basic_auth.${key}`, problem));
  checkOAuth2(oauth2, report);
  checkProxy(settings, report);
  checkHeaders(settings, report);
  const moved = bearer ? bearerAuthorization(settings) : checkedAuthorization(authorization, report);
  const checked = { ...settings, bearer_token: "", bearer_token_file: "" };
  return moved === undefined ? checked : { ...checked, authorization: moved };
}

/** Whether no HTTP client setting differs from its default. */
export function isDefaultHttpClient(settings: DataObject): boolean {
  const defaults = defaultsOf({ fields: HTTP_CLIENT_FIELDS });
  return HTTP_CLIENT_FIELDS.every(({ key, type }) => {
    const value = settings[key];
    if (value === defaults[key]) return true;
    return type.type === "object" && !isSet(value);
  });
}

type Setting = DataObject[string];

/** Whether a setting says something: a text that is not empty, a list or section with anything set in it. */
export function isSet(value: Setting): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some((part) => isSet(part));
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function partOf(value: Setting, key: string): Setting {
  return typeof value === "object" && value !== null ? (value as DataObject)[key] : undefined;
}

/** A credential may be given as text, as a file or as a reference, but only in one way. */
function checkSources(value: Setting, keys: readonly string[], report: Report): void {
  for (const key of keys) {
    const given = [key, `${key}_file`, `${key}_ref`].filter((each) => isSet(partOf(value, each)));
    if (given.length > 1) report(key, `is given more than once: ${given.join(", ")}`);
  }
}

function bearerAuthorization(settings: DataObject): DataObject {
  const [credentials, file] = [textSetting(settings, "bearer_token"), textSetting(settings, "bearer_token_file")];
  return { type: "Bearer", credentials, credentials_file: file, credentials_ref: "" };
}

function checkedAuthorization(authorization: Setting, report: Report): DataObject | undefined {
  if (authorization === undefined) return undefined;
  checkSources(authorization, ["credentials"], (key, problem) => report(`authorization.${key}`, problem));
  const type = textSetting(authorization as DataObject, "type").trim() || "Bearer";
  if (type.toLowerCase() === "basic") report("authorization.type", 'cannot be "basic"; use basic_auth');
  return { ...(authorization as DataObject), type };
}

function checkOAuth2(oauth2: Setting, report: Report): void {
  if (oauth2 === undefined) return;
  for (const key of ["client_id", "token_url"]) {
    if (!isSet(partOf(oauth2, key))) report(`oauth2.${key}`, "is missing");
  }
  const jwt = partOf(oauth2, "grant_type") === JWT_GRANT;
  checkSources(oauth2, [jwt ? "client_certificate_key" : "client_secret"], (key, problem) =>
    report(`oauth2.${key}`, problem),
  );
  const algorithm = textSetting(oauth2 as DataObject, "signature_algorithm");
  if (jwt && !["", "RS256", "RS384", "RS512"].includes(algorithm)) {
    report("oauth2.signature_algorithm", `must be RS256, RS384 or RS512, not ${JSON.stringify(algorithm)}`);
  }
}

function checkProxy(settings: DataObject, report: Report): void {
  const { proxy_url: url, no_proxy: noProxy, proxy_from_environment: environment } = settings;
  const connectHeaders = Object.keys(sectionSetting(settings, "proxy_connect_header"));
  if (connectHeaders.length > 0 && !isSet(environment) && !isSet(url)) {
    report("proxy_connect_header", "needs proxy_url or proxy_from_environment");
  }
  if (isSet(environment) && isSet(url)) report("proxy_from_environment", "cannot be set together with proxy_url");
  if (isSet(environment) && isSet(noProxy)) report("proxy_from_environment", "cannot be set together with no_proxy");
  if (isSet(noProxy) && url === undefined) report("no_proxy", "needs proxy_url");
}

function checkHeaders(settings: DataObject, report: Report): void {
  for (const name of Object.keys((settings["http_headers"] as DataObject | undefined) ?? {})) {
    if (RESERVED_HEADERS.has(name.toLowerCase()))
      report(`http_headers.${name}`, "is set by the client itself; remove it");
  }
}

const TLS_VERSIONS: ReadonlySet<DataValue> = new Set(["TLS10", "TLS11", "TLS12", "TLS13"]);

function checkTls(settings: DataObject, report: Report): DataObject {
  checkSources(settings, ["ca", "cert", "key"], report);
  const given = (key: string): boolean => [key, `${key}_file`, `${key}_ref`].some((each) => isSet(settings[each]));
  if (given("cert") !== given("key"))
    report(given("cert") ? "key" : "cert", "is missing: a client certificate needs both");
  for (const key of ["min_version", "max_version"]) {
    const version = settings[key];
    if (version !== undefined && !TLS_VERSIONS.has(version)) {
      report(key, `must be TLS10, TLS11, TLS12 or TLS13, not ${JSON.stringify(version)}`);
    }
  }
  return settings;
}
