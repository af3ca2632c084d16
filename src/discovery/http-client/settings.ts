import type { DataObject, DataValue } from "../../allocator/index.ts";
import { entriesOf, flagOf, isSection, mapOf, sectionOf, textOf, textsOf } from "../decoded-settings.ts";
import { type Secret, secretOf } from "./secret.ts";

/** `tls_config`. */
export interface TlsSettings {
  readonly ca: Secret | undefined;
  readonly cert: Secret | undefined;
  readonly key: Secret | undefined;
  /** What the server's certificate must be for; "" for the host of the URL. */
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  /** TLS10 to TLS13, "" for what is usual. */
  readonly minVersion: string;
  readonly maxVersion: string;
}

/** Which proxy to use for what. */
export interface ProxySettings {
  /** "" for none. */
  readonly url: string;
  /** Hosts, domains and networks that are reached without it, comma-separated. */
  readonly noProxy: string;
  readonly fromEnvironment: boolean;
  /** Sent to the proxy only, when it is asked for a tunnel. */
  readonly connectHeaders: Readonly<Record<string, readonly string[]>>;
}

/** `http_headers`: the values of one header, in the order in which they are sent. */
export interface HeaderSettings {
  readonly name: string;
  readonly values: readonly Secret[];
}

/** `oauth2`. */
export interface OAuth2Settings {
  readonly clientId: string;
  readonly grantType: string;
  /** The client secret, or the private key of the jwt-bearer grant. */
  readonly secret: Secret | undefined;
  readonly keyId: string;
  /** RS256, RS384, RS512, or "" for the first. */
  readonly algorithm: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: DataObject;
  readonly scopes: readonly string[];
  readonly tokenUrl: string;
  readonly endpointParams: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  readonly proxy: ProxySettings;
}

/** How a client says who it is. At most one of them is set. */
export interface AuthenticationSettings {
  readonly basic: { readonly username: Secret | undefined; readonly password: Secret | undefined } | undefined;
  readonly authorization: { readonly type: string; readonly credentials: Secret | undefined } | undefined;
  readonly oauth2: OAuth2Settings | undefined;
}

/** The HTTP client keys of a discovery section. */
export interface HttpClientSettings {
  readonly authentication: AuthenticationSettings;
  readonly tls: TlsSettings;
  readonly proxy: ProxySettings;
  readonly followRedirects: boolean;
  readonly headers: readonly HeaderSettings[];
}

/** The grant in which a signed statement takes the place of a client secret. */
export const JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/**
 * Reads the HTTP client keys among the settings of a validated section. Throws for a reference to a secret manager,
 * because there is none. `enable_http2` is taken for what it allows: HTTP/1.1 is spoken either way.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config
 */
export function readHttpClientSettings(raw: DataObject): HttpClientSettings {
  return {
    authentication: {
      basic: readBasicAuth(sectionOf(raw, "basic_auth")),
      authorization: readAuthorization(sectionOf(raw, "authorization")),
      oauth2: readOAuth2(sectionOf(raw, "oauth2")),
    },
    tls: readTls(sectionOf(raw, "tls_config") ?? {}),
    proxy: readProxy(raw),
    followRedirects: flagOf(raw, "follow_redirects"),
    headers: entriesOf(raw, "http_headers").map(([name, value]) => readHeader(name, value)),
  };
}

function readBasicAuth(raw: DataObject | undefined): AuthenticationSettings["basic"] {
  if (raw === undefined) return undefined;
  return { username: secretOf(raw, "username", "basic_auth"), password: secretOf(raw, "password", "basic_auth") };
}

function readAuthorization(raw: DataObject | undefined): AuthenticationSettings["authorization"] {
  if (raw === undefined) return undefined;
  return { type: textOf(raw, "type"), credentials: secretOf(raw, "credentials", "authorization") };
}

function readOAuth2(raw: DataObject | undefined): OAuth2Settings | undefined {
  if (raw === undefined) return undefined;
  const grantType = textOf(raw, "grant_type");
  return {
    clientId: textOf(raw, "client_id"),
    grantType,
    secret: secretOf(raw, grantType === JWT_GRANT ? "client_certificate_key" : "client_secret", "oauth2"),
    keyId: textOf(raw, "client_certificate_key_id"),
    algorithm: textOf(raw, "signature_algorithm"),
    issuer: textOf(raw, "iss"),
    audience: textOf(raw, "audience"),
    claims: sectionOf(raw, "claims") ?? {},
    scopes: textsOf(raw, "scopes"),
    tokenUrl: textOf(raw, "token_url"),
    endpointParams: mapOf(raw, "endpoint_params"),
    tls: readTls(sectionOf(raw, "tls_config") ?? {}),
    proxy: readProxy(raw),
  };
}

function readTls(raw: DataObject): TlsSettings {
  return {
    ca: secretOf(raw, "ca", "tls_config"),
    cert: secretOf(raw, "cert", "tls_config"),
    key: secretOf(raw, "key", "tls_config"),
    serverName: textOf(raw, "server_name"),
    insecureSkipVerify: flagOf(raw, "insecure_skip_verify"),
    minVersion: textOf(raw, "min_version"),
    maxVersion: textOf(raw, "max_version"),
  };
}

function readProxy(raw: DataObject): ProxySettings {
  return {
    url: textOf(raw, "proxy_url"),
    noProxy: textOf(raw, "no_proxy"),
    fromEnvironment: flagOf(raw, "proxy_from_environment"),
    connectHeaders: Object.fromEntries(
      entriesOf(raw, "proxy_connect_header").map(([name, values]) => [name, textsOf({ values }, "values")]),
    ),
  };
}

function readHeader(name: string, raw: DataValue): HeaderSettings {
  if (!isSection(raw)) return { name, values: [] };
  const texts = [...textsOf(raw, "values"), ...textsOf(raw, "secrets")];
  const files = textsOf(raw, "files").map((path): Secret => ({ key: `http_headers.${name}.files`, file: path }));
  return { name, values: [...texts.map((text): Secret => ({ key: `http_headers.${name}`, text })), ...files] };
}
