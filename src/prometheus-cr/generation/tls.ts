import type { DataObject } from "../../allocator/index.ts";
import { given, unlessEmpty } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { SecretOrConfigMap, TlsSpec } from "../resources.ts";
import type { ShapeReport } from "../shape.ts";
import { WITHHELD } from "../asset-reader.ts";
import { authorityProblem, keyPairProblem } from "./certificates.ts";

/** Files of a scrape class, for what the monitor does not say itself. */
type TlsFiles = Pick<TlsSpec, "caFile" | "certFile" | "keyFile">;

/** A `tls_config` section with the certificates themselves; reports what is wrong with the settings. */
export function tlsSection(tls: TlsSpec, field: MonitorField, files: TlsFiles = tls): DataObject {
  checkTlsStructure(tls, field);
  const ca = isGiven(tls.ca) ? field.below("ca").secretOrConfigMap(tls.ca) : undefined;
  const cert = isGiven(tls.cert) ? field.below("cert").secretOrConfigMap(tls.cert) : undefined;
  const key = tls.keySecret === undefined ? undefined : field.below("keySecret").secret(tls.keySecret);
  checkContents({ ca, cert, key }, field);
  return given({
    insecure_skip_verify: tls.insecureSkipVerify,
    ca,
    cert,
    key,
    server_name: unlessEmpty(tls.serverName),
    min_version: tls.minVersion,
    max_version: tls.maxVersion,
    ca_file: unlessEmpty(files.caFile),
    cert_file: unlessEmpty(files.certFile),
    key_file: unlessEmpty(files.keyFile),
  });
}

/** Whether TLS settings say nothing at all. */
export function isEmptyTls({ ca, cert, ...rest }: TlsSpec): boolean {
  return !isGiven(ca) && !isGiven(cert) && Object.keys(rest).length === 0;
}

/** The files that hold where the monitor names neither a file nor a Secret: those of the scrape class. */
export function withClassFiles(tls: TlsSpec, ofClass: TlsSpec = {}): TlsFiles {
  const files: Record<keyof TlsFiles, string | undefined> = {
    caFile: isGiven(tls.ca) ? undefined : (unlessEmpty(tls.caFile) ?? ofClass.caFile),
    certFile: isGiven(tls.cert) ? undefined : (unlessEmpty(tls.certFile) ?? ofClass.certFile),
    keyFile: tls.keySecret === undefined ? (unlessEmpty(tls.keyFile) ?? ofClass.keyFile) : undefined,
  };
  return given(files);
}

/** Reports what can be found without reading Secrets. */
export function checkTlsStructure(tls: TlsSpec, field: ShapeReport): void {
  checkOneSource(tls.ca, field.below("ca"));
  checkOneSource(tls.cert, field.below("cert"));
  const [caFile, certFile, keyFile] = [unlessEmpty(tls.caFile), unlessEmpty(tls.certFile), unlessEmpty(tls.keyFile)];
  const key = tls.keySecret !== undefined;
  checkNotTwice(isGiven(tls.ca), caFile, field.below("caFile"));
  checkNotTwice(isGiven(tls.cert), certFile, field.below("certFile"));
  checkNotTwice(key, keyFile, field.below("keyFile"));
  const hasCert = isGiven(tls.cert) || certFile !== undefined;
  const hasKey = key || keyFile !== undefined;
  if (hasCert && !hasKey) field.report("has a client certificate without its key");
  if (hasKey && !hasCert) field.report("has a client key without its certificate");
  checkVersions(tls, field);
}

/** Reports a value that is to be in a Secret and in a ConfigMap. */
export function checkOneSource(ref: SecretOrConfigMap | undefined, field: ShapeReport): void {
  if (ref?.secret !== undefined && ref.configMap !== undefined) {
    field.report("names both a Secret and a ConfigMap; keep one");
  }
}

function checkNotTwice(isSet: boolean, file: string | undefined, field: ShapeReport): void {
  if (isSet && file !== undefined) field.report("is given besides a Secret or ConfigMap for the same; keep one");
}

function checkVersions({ minVersion = "", maxVersion = "" }: TlsSpec, field: ShapeReport): void {
  if (minVersion === "" || maxVersion === "" || maxVersion >= minVersion) return;
  field.below("maxVersion").report(`${JSON.stringify(maxVersion)} is below minVersion ${JSON.stringify(minVersion)}`);
}

interface Contents {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** What could not be read is empty and has been reported. */
function checkContents({ ca = "", cert = "", key = "" }: Contents, field: MonitorField): void {
  const authority = isUnknown(ca) ? undefined : authorityProblem(ca);
  if (authority !== undefined) field.below("ca").report(authority);
  const pair = isUnknown(cert) || isUnknown(key) ? undefined : keyPairProblem(cert, key);
  if (pair !== undefined) field.below("cert").report(pair);
}

function isUnknown(text: string): boolean {
  return text === "" || text === WITHHELD;
}

function isGiven(ref: SecretOrConfigMap | undefined): ref is SecretOrConfigMap {
  return ref !== undefined && (ref.secret !== undefined || ref.configMap !== undefined);
}
