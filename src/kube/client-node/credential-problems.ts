import { X509Certificate } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { createSecureContext } from "node:tls";
import { type Cluster, type User, bufferFromFileOrString } from "@kubernetes/client-node";

/** What in a cluster's and a user's entry cannot be used, in words for whoever wrote the file. */
export function credentialProblems(cluster: Cluster, user: User | undefined): readonly string[] {
  const problems = unreadableFiles([
    ["certificate-authority", cluster.caFile],
    ["client-certificate", user?.certFile],
    ["client-key", user?.keyFile],
  ]);
  problems.push(...serverProblems(cluster.server));
  if (problems.length > 0) return problems;
  const ca = bufferFromFileOrString(cluster.caFile, cluster.caData);
  if (ca !== null && !isCertificate(ca)) problems.push("certificate-authority is no PEM certificate");
  const cert = bufferFromFileOrString(user?.certFile, user?.certData);
  const key = bufferFromFileOrString(user?.keyFile, user?.keyData);
  if (!isKeyPair({ cert, key })) problems.push("client-certificate and client-key are no PEM pair");
  return problems;
}

function unreadableFiles(files: readonly (readonly [field: string, path: string | null | undefined])[]): string[] {
  return files.flatMap(([field, path]) =>
    (path ?? "") === "" || isReadable(path as string) ? [] : [`${field} ${path} cannot be read`],
  );
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function serverProblems(server: string): readonly string[] {
  const url = URL.parse(server);
  // Messages name the server, so there must be no secret in it. Nobody would send it either.
  if (/\/\/[^/]*@/.test(server)) return ["server has a user name in its URL; write credentials under users"];
  return url !== null && ["http:", "https:"].includes(url.protocol)
    ? []
    : [`server "${server}" is no http or https URL`];
}

function isCertificate(content: Buffer): boolean {
  try {
    return new X509Certificate(content).subject !== undefined;
  } catch {
    return false;
  }
}

function isKeyPair(material: Readonly<Record<"cert" | "key", Buffer | null>>): boolean {
  const present = Object.entries(material).flatMap(([name, content]) =>
    content === null ? [] : [[name, content] as const],
  );
  try {
    createSecureContext(Object.fromEntries(present));
    return true;
  } catch {
    return false;
  }
}
