import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "./control-plane.ts";

/** One request that the API server took, as its audit log tells it. */
export interface AuditedRequest {
  /** As in a role: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  /** `resource.group`, with the subresource as in a role: `pods`, `opentelemetrycollectors/status.opentelemetry.io`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** HTTP status. */
  readonly status: number;
}

interface AuditEvent {
  readonly stage: "RequestReceived" | "ResponseStarted" | "ResponseComplete" | "Panic";
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/**
 * The requests of one account so far, in the order in which they were answered; a watch counts when it begins.
 *
 * @param plane - One that was started with `audit`.
 * @param account - The end of the user's name, such as the name of a service account.
 */
export function auditedRequests(plane: ControlPlane, account: string): readonly AuditedRequest[] {
  const lines = readFileSync(join(plane.dir, "audit.log"), "utf8").split("\n").slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ user, stage, verb }) => {
      const answered = verb === "watch" ? "ResponseStarted" : "ResponseComplete";
      return stage === answered && user.username.endsWith(account);
    })
    .map(({ verb, objectRef = {}, responseStatus }) => ({
      verb,
      resource: resourceId(objectRef.apiGroup ?? "", [objectRef.resource ?? "", objectRef.subresource ?? ""]),
      namespace: objectRef.namespace ?? "",
      name: objectRef.name ?? "",
      status: responseStatus?.code ?? 0,
    }));
}

/** `pods`, `deployments.apps`, `opentelemetrycollectors/status.opentelemetry.io`. */
export function resourceId(group: string, path: readonly string[]): string {
  const resource = path.filter((part) => part !== "").join("/");
  return group === "" ? resource : `${resource}.${group}`;
}
