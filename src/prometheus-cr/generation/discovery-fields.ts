import { compareBytewise, type DataObject, type DataValue } from "../../allocator/index.ts";
import type { AssetKey } from "../asset-reader.ts";
import { given, unlessEmpty } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import { ASSET_KEY, type AuthorizationSpec, HTTP_AUTH, PROXY, SAFE_TLS } from "../resources.ts";
import { fields, flag, integer, list, map, type Shape, text, type TypeOf } from "../shape.ts";
import { authorizationSection, basicAuthSection, oauth2Section } from "./authentication.ts";
import { proxyKeys } from "./proxy.ts";
import { sortedByKey } from "./sorted-by-key.ts";
import { tlsSection } from "./tls.ts";

/** An entry of a list of service discoveries, its fields checked by their shapes. */
export type DiscoveryEntry = Readonly<Record<string, unknown>>;

/** One or more fields of an entry that become keys of a section. */
export interface DiscoveryField {
  readonly shapes: Readonly<Record<string, Shape<unknown>>>;
  /** @param at The entry. */
  readonly keys: (entry: DiscoveryEntry, at: MonitorField) => DataObject;
}

/** Makes the field `name` that becomes the key `key`; a required one has the key without a value, too. */
type MakeField = (name: string, key: string, required: boolean) => DiscoveryField;

/**
 * A type of fields with one key each.
 *
 * @param setting Undefined for a value that counts as absent.
 * @param zero What a required field has without a value.
 */
function fieldType<T>(
  shape: Shape<T>,
  setting: (value: T, at: MonitorField) => DataValue | undefined,
  zero: DataValue,
): MakeField {
  return (name, key, required) => ({
    shapes: { [name]: shape },
    keys: (entry, at) => {
      const value = entry[name] as T | undefined;
      const found = value === undefined ? undefined : setting(value, at.below(name));
      return given({ [key]: found ?? (required ? zero : undefined) });
    },
  });
}

const FILTERS = list(fields({ name: text, values: list(text) }));
const NAMESPACES = fields({ names: list(text), ownNamespace: flag });
const SELECTORS = list(fields({ role: text, label: text, field: text }));
const SERVICES: Readonly<Record<string, string>> = { VPS: "vps", DedicatedServer: "dedicated_server" };

/** The types of fields, by the names that the table of mechanisms has for them. */
export const FIELD_TYPES: Readonly<Record<string, MakeField>> = {
  text: fieldType(text, (value) => value, ""),
  lower: fieldType(text, (value) => value.toLowerCase(), ""),
  nonempty: fieldType(text, unlessEmpty, ""),
  flag: fieldType(flag, (value) => value, false),
  integer: fieldType(integer, (value) => value, 0),
  texts: fieldType(list(text), (value) => (value.length === 0 ? undefined : value), []),
  labels: fieldType(map(text), labelsSetting, {}),
  secret: fieldType(ASSET_KEY, (value, at) => at.secret(value), ""),
  filters: fieldType(FILTERS, filtersSetting, []),
  service: fieldType(text, (value) => SERVICES[value], ""),
  namespaces: fieldType(
    NAMESPACES,
    ({ names = [], ownNamespace }) => given<DataValue>({ names, own_namespace: ownNamespace }),
    {},
  ),
  selectors: fieldType(SELECTORS, selectorsSetting, []),
};

/** Fields that many mechanisms share, by the letters that the table of mechanisms has for them. */
export const SHARED_FIELDS: Readonly<Record<string, DiscoveryField>> = {
  A: section("authorization", HTTP_AUTH.authorization, "authorization", authorizationSection),
  B: section("basicAuth", HTTP_AUTH.basicAuth, "basic_auth", basicAuthSection),
  H: oneKey("enableHTTP2", "enable_http2"),
  O: section("oauth2", HTTP_AUTH.oauth2, "oauth2", oauth2Section),
  P: { shapes: PROXY, keys: (entry, at) => proxyKeys(entry, at) },
  R: oneKey("followRedirects", "follow_redirects"),
  T: section("tlsConfig", fields(SAFE_TLS), "tls_config", tlsSection),
};

/** Labels of the node that a target runs on, which only some roles can have. */
export const ATTACH_METADATA: DiscoveryField = {
  shapes: { attachMetadata: fields({ node: flag }) },
  keys: ({ attachMetadata, role }) => {
    const roles = ["pod", "endpoints", "endpointslice"];
    if (attachMetadata === undefined || !roles.includes(String(role).toLowerCase())) return {};
    return { attach_metadata: { node: (attachMetadata as { readonly node?: boolean }).node ?? false } };
  },
};

/** Access key and secret key, which only make sense together. */
export const AWS_KEYS: DiscoveryField = {
  shapes: { accessKey: ASSET_KEY, secretKey: ASSET_KEY },
  keys: (entry, at) => {
    const [access, secret] = ["accessKey", "secretKey"].map((name) => {
      const ref = entry[name] as AssetKey | undefined;
      return ref === undefined ? undefined : at.below(name).secret(ref);
    });
    return access === undefined || secret === undefined ? {} : { access_key: access, secret_key: secret };
  },
};

/** An authorization that is there in any case, unless OAuth 2 is. */
export const MANDATORY_AUTHORIZATION: DiscoveryField = {
  shapes: { authorization: HTTP_AUTH.authorization },
  keys: ({ authorization = {}, oauth2 }, at) => {
    const built = authorizationSection(authorization as AuthorizationSpec, at.below("authorization"));
    return oauth2 === undefined ? { authorization: built } : {};
  },
};

function section<T>(
  name: string,
  shape: Shape<T>,
  key: string,
  build: (value: T, at: MonitorField) => DataObject,
): DiscoveryField {
  return fieldType(shape, build, {})(name, key, false);
}

function oneKey(name: string, key: string): DiscoveryField {
  return fieldType(flag, (value) => value, false)(name, key, false);
}

function labelsSetting(labels: Readonly<Record<string, string>>): DataValue | undefined {
  return Object.keys(labels).length === 0 ? undefined : Object.fromEntries(sortedByKey(labels));
}

function filtersSetting(filters: TypeOf<typeof FILTERS>): DataValue | undefined {
  if (filters.length === 0) return undefined;
  const complete = filters.map(({ name = "", values = [] }) => ({ name, values }));
  return complete.toSorted((a, b) => compareBytewise(a.name, b.name));
}

function selectorsSetting(selectors: TypeOf<typeof SELECTORS>): DataValue | undefined {
  if (selectors.length === 0) return undefined;
  return selectors.map(({ role = "", label, field }) => given({ role: role.toLowerCase(), label, field }));
}
