import type { DataObject } from "../../allocator/index.ts";
import { given, unlessEmpty } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { AuthorizationSpec, BasicAuthSpec, OAuth2Spec } from "../resources.ts";
import type { ShapeReport } from "../shape.ts";
import { proxyKeys } from "./proxy.ts";
import { sortedByKey } from "./sorted-by-key.ts";
import { checkOneSource, tlsSection } from "./tls.ts";

/** Ways to authenticate, by field name; undefined for those that are not given. */
type Ways = Readonly<Record<string, unknown>>;

/** Reports more than one way to authenticate. A way counts when it is there, even when it is empty. */
export function checkOneWay(ways: Ways, field: MonitorField): void {
  const names = Object.keys(ways).filter((name) => ways[name] !== undefined);
  if (names.length > 1) field.report(`has more than one way to authenticate: ${names.join(", ")}; keep one`);
}

/** A `basic_auth` section. */
export function basicAuthSection(basicAuth: BasicAuthSpec, field: MonitorField): DataObject {
  return given({
    username: field.below("username").secret(basicAuth.username),
    password: field.below("password").secret(basicAuth.password),
  });
}

/** An `authorization` section. A reference without a name counts as absent. */
export function authorizationSection(authorization: AuthorizationSpec, field: MonitorField): DataObject {
  const { credentials, credentialsFile } = authorization;
  const named = (credentials?.name ?? "") !== "";
  checkAuthorizationType(authorization, field);
  return given({
    type: authorization.type === undefined || authorization.type === "" ? "Bearer" : authorization.type.trim(),
    credentials: named ? field.below("credentials").secret(credentials) : undefined,
    credentials_file: unlessEmpty(credentialsFile),
  });
}

/** Reports an authorization without credentials, which endpoints must have. */
export function checkCredentials(authorization: AuthorizationSpec | undefined, field: MonitorField): void {
  if (authorization !== undefined && authorization.credentials === undefined) {
    field.below("authorization.credentials").report("is missing");
  }
}

/**
 * The authorization of a monitor, completed from its scrape class: the class' one when the monitor has none, its
 * credentials when the monitor has only a type.
 */
export function mergedAuthorization(
  own: AuthorizationSpec | undefined,
  ofClass: AuthorizationSpec | undefined,
): { readonly authorization: AuthorizationSpec; readonly ofClass: boolean } | undefined {
  const none = own === undefined || ((own.type ?? "") === "" && own.credentials === undefined);
  if (none) return ofClass === undefined ? undefined : { authorization: ofClass, ofClass: true };
  if (own.credentials !== undefined || ofClass === undefined) return { authorization: own, ofClass: false };
  return { authorization: { ...ofClass, ...given({ type: own.type }) }, ofClass: true };
}

/** An `oauth2` section. */
export function oauth2Section(oauth2: OAuth2Spec, field: MonitorField): DataObject {
  const { clientId = {}, tokenUrl = "", scopes = [], endpointParams = {} } = oauth2;
  if (tokenUrl === "") field.below("tokenUrl").report("is missing");
  checkOneSource(clientId, field.below("clientId"));
  return given({
    client_id: field.below("clientId").secretOrConfigMap(clientId),
    client_secret: field.below("clientSecret").secret(oauth2.clientSecret),
    token_url: tokenUrl,
    scopes: scopes.length === 0 ? undefined : scopes,
    endpoint_params:
      Object.keys(endpointParams).length === 0 ? undefined : Object.fromEntries(sortedByKey(endpointParams)),
    ...proxyKeys(oauth2, field),
    tls_config: oauth2.tlsConfig === undefined ? undefined : tlsSection(oauth2.tlsConfig, field.below("tlsConfig")),
  });
}

/** Reports a type that has settings of its own. */
export function checkAuthorizationType({ type = "" }: AuthorizationSpec, field: ShapeReport): void {
  if (type.trim().toLowerCase() === "basic") field.below("type").report('cannot be "basic"; use basicAuth');
}
