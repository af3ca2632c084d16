import type { DataObject } from "../../allocator/index.ts";
import { given, unlessEmpty } from "../given.ts";
import type { GenerationScope } from "../generation-scope.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { AuthorizationSpec, BasicAuthSpec, OAuth2Spec, TlsSpec } from "../resources.ts";
import type { AssetKey } from "../asset-reader.ts";
import {
  authorizationSection,
  basicAuthSection,
  checkOneWay,
  mergedAuthorization,
  oauth2Section,
} from "./authentication.ts";
import { isEmptyTls, tlsSection, withClassFiles } from "./tls.ts";

/** How targets are reached: what monitors and endpoints have in common. */
interface HttpSpec {
  readonly basicAuth?: BasicAuthSpec;
  readonly authorization?: AuthorizationSpec;
  readonly oauth2?: OAuth2Spec;
  readonly bearerTokenSecret?: AssetKey;
  readonly bearerTokenFile?: string;
  readonly tlsConfig?: TlsSpec;
}

/** Keys of a job, one mapping for each place in it; the kinds put them in their own order. */
export interface HttpSections {
  readonly basicAuth: DataObject;
  readonly authorization: DataObject;
  readonly oauth2: DataObject;
  readonly bearerToken: DataObject;
  readonly tls: DataObject;
}

/**
 * The keys for authentication and TLS, with what the scrape class adds. Its authorization is for monitors that do not
 * authenticate in another way.
 *
 * @param field What the settings stand in.
 */
export function httpSections(spec: HttpSpec, field: MonitorField, scope: GenerationScope<unknown>): HttpSections {
  const { basicAuth, oauth2, bearerTokenSecret } = spec;
  const bearerTokenFile = unlessEmpty(spec.bearerTokenFile);
  const { authorization } = spec;
  const secretToken = (bearerTokenSecret?.name ?? "") === "" ? undefined : bearerTokenSecret;
  // Beside a file, a reference that names nothing does no harm.
  const secret = bearerTokenFile === undefined ? bearerTokenSecret : secretToken;
  checkOneWay({ basicAuth, authorization, oauth2, bearerTokenSecret: secret, bearerTokenFile }, field);
  const otherWay = basicAuth ?? oauth2 ?? secretToken ?? bearerTokenFile;
  return {
    basicAuth: given({
      basic_auth: basicAuth === undefined ? undefined : basicAuthSection(basicAuth, field.below("basicAuth")),
    }),
    authorization: given({ authorization: authorizationOf(authorization, otherWay === undefined, field, scope) }),
    oauth2: given({ oauth2: oauth2 === undefined ? undefined : oauth2Section(oauth2, field.below("oauth2")) }),
    bearerToken: given({
      bearer_token_file: bearerTokenFile,
      bearer_token: secretToken === undefined ? undefined : field.below("bearerTokenSecret").secret(secretToken),
    }),
    tls: given({ tls_config: tlsOf(spec.tlsConfig, field.below("tlsConfig"), scope) }),
  };
}

function authorizationOf(
  own: AuthorizationSpec | undefined,
  takesClass: boolean,
  field: MonitorField,
  { scrapeClass, classField }: GenerationScope<unknown>,
): DataObject | undefined {
  const merged = mergedAuthorization(own, takesClass ? scrapeClass.authorization : undefined);
  if (merged === undefined) return undefined;
  return authorizationSection(merged.authorization, (merged.ofClass ? classField : field).below("authorization"));
}

function tlsOf(
  own: TlsSpec | undefined,
  field: MonitorField,
  { scrapeClass, classField }: GenerationScope<unknown>,
): DataObject | undefined {
  if (own !== undefined) return tlsSection(own, field, withClassFiles(own, scrapeClass.tlsConfig));
  if (scrapeClass.tlsConfig === undefined) return undefined;
  return tlsSection(scrapeClass.tlsConfig, classField.below("tlsConfig"));
}

/** The specification without TLS settings that say nothing: in most kinds they count as absent. */
export function withoutEmptyTls<S extends { readonly tlsConfig?: TlsSpec }>(spec: S): S {
  if (spec.tlsConfig === undefined || !isEmptyTls(spec.tlsConfig)) return spec;
  const { tlsConfig: _, ...rest } = spec;
  return rest as S;
}

/** The specification without an authorization that says nothing: where it is not mandatory, it counts as absent. */
export function withoutEmptyAuthorization<S extends { readonly authorization?: AuthorizationSpec }>(spec: S): S {
  const { authorization } = spec;
  if (authorization === undefined || (authorization.type ?? "") !== "" || authorization.credentials !== undefined) {
    return spec;
  }
  const { authorization: _, ...rest } = spec;
  return rest as S;
}
