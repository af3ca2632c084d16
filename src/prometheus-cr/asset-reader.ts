/** Where a value stands: a key of a Secret or ConfigMap. The JSON of corev1.SecretKeySelector and ConfigMapKeySelector. */
export interface AssetKey {
  readonly name?: string;
  readonly key?: string;
}

/** A Secret or ConfigMap that generation may ask for. */
export interface AssetId {
  readonly kind: "Secret" | "ConfigMap";
  readonly namespace: string;
  readonly name: string;
}

/**
 * What stands for a Secret's value where it is not read: jobs are made all the same, and nobody is shown more than this.
 */
export const WITHHELD = "<secret>";

/** The Secrets and ConfigMaps that are loaded. */
export interface AssetReader {
  /**
   * The value as text, not trimmed. Throws AssetMissingError when the object, the key, or the permission to read it is
   * missing. `optional` of a selector does not matter.
   */
  secret(namespace: string, ref: AssetKey): string;
  /** The same for `data` of a ConfigMap. */
  configMap(namespace: string, ref: AssetKey): string;
}

/** A value that a monitor refers to cannot be read. The message says which object and key, and why. */
export class AssetMissingError extends Error {
  readonly code = "ASSET_MISSING";
  override readonly name = "AssetMissingError";
}

/** A reader that notes what it was asked for, also where there was nothing. */
export interface RecordingReader extends AssetReader {
  /** Each object once, in the order of the first question. */
  asked(): readonly AssetId[];
}

/** Tells which objects one generation depends on: it must be repeated when one of them changes, and only then. */
export function recordingReader(reader: AssetReader): RecordingReader {
  const asked = new Map<string, AssetId>();
  const note = (kind: AssetId["kind"], namespace: string, { name = "" }: AssetKey): void => {
    asked.set(`${kind} ${namespace}/${name}`, { kind, namespace, name });
  };
  return {
    secret: (namespace, ref) => {
      note("Secret", namespace, ref);
      return reader.secret(namespace, ref);
    },
    configMap: (namespace, ref) => {
      note("ConfigMap", namespace, ref);
      return reader.configMap(namespace, ref);
    },
    asked: () => [...asked.values()],
  };
}
