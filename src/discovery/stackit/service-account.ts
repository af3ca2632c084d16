import { createPrivateKey } from "node:crypto";

import type { DataObject } from "../../allocator/index.ts";
import { textOf } from "../decoded-settings.ts";
import { type SecretFiles, valueOf } from "../http-client/secret.ts";
import { JsonNode } from "../json-node.ts";

/** Who signs what it says of itself. */
export interface ServiceAccount {
  readonly keyId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** RSA, in PEM. */
  readonly privateKey: string;
}

const SECTION = "stackit_sd_configs";

/** Whether a service account is named; otherwise the HTTP client keys say who asks, if anything does. */
export function namesServiceAccount(settings: DataObject): boolean {
  return ["service_account_key", "service_account_key_path"].some((key) => textOf(settings, key) !== "");
}

/**
 * Reads the key of the service account, and the private key that belongs to it: by itself, from the credentials file, or
 * from the service account's key, whichever comes first. Rejects when something is missing or unusable.
 * https://github.com/stackitcloud/stackit-sdk-go#key-flow
 */
export async function readServiceAccount(settings: DataObject, files: SecretFiles): Promise<ServiceAccount> {
  const read = { settings, files };
  const credentials = parse(await textOrFile("service_account_key", read), "service_account_key").at("credentials");
  const privateKey = (await ownPrivateKey(read)) || credentials.text("privateKey");
  checkKey(privateKey);
  return {
    keyId: credentials.text("kid"),
    issuer: credentials.text("iss"),
    subject: credentials.text("sub"),
    audience: credentials.text("aud"),
    privateKey,
  };
}

interface Read {
  readonly settings: DataObject;
  readonly files: SecretFiles;
}

/** "" when there is none besides the one in the service account's key. */
async function ownPrivateKey(read: Read): Promise<string> {
  const { settings, files } = read;
  const given = await textOrFile("private_key", read);
  const path = textOf(settings, "credentials_file_path");
  if (given !== "" || path === "") return given;
  const credentials = parse(await readFile(path, "credentials_file_path", files), "credentials_file_path");
  const keyPath = credentials.text("STACKIT_PRIVATE_KEY_PATH");
  const key = credentials.text("STACKIT_PRIVATE_KEY");
  return key !== "" || keyPath === "" ? key : readFile(keyPath, "STACKIT_PRIVATE_KEY_PATH", files);
}

/** The text of a key, or that of the file that the same key with `_path` names. */
async function textOrFile(key: string, { settings, files }: Read): Promise<string> {
  const text = textOf(settings, key);
  const path = textOf(settings, `${key}_path`);
  return text !== "" || path === "" ? text : readFile(path, `${key}_path`, files);
}

async function readFile(path: string, key: string, files: SecretFiles): Promise<string> {
  return valueOf({ key: `${SECTION}.${key}`, file: path }, files);
}

/** Not as the cause: JSON errors quote what they could not read, which is secret here. */
function parse(text: string, key: string): JsonNode {
  try {
    return new JsonNode(JSON.parse(text), `${SECTION}.${key}`);
  } catch {
    throw new Error(`${SECTION}.${key} is no JSON`);
  }
}

function checkKey(pem: string): void {
  if (pem === "") {
    throw new Error(`${SECTION}: there is no private key; set private_key, or use a service account key that has one`);
  }
  try {
    if (createPrivateKey(pem).asymmetricKeyType === "rsa") return;
  } catch {
    // It is said below what it must be.
  }
  throw new Error(`${SECTION}: the private key is no RSA key in PEM`);
}
