import type { OpenTelemetryCollector } from "../api/opentelemetry/v1beta1.ts";
import type { DefaultingSettings } from "../api/opentelemetry/default.ts";
import type { TargetAllocator } from "../api/opentelemetry/target-allocator.ts";
import type { AccessReviewer } from "./access-review.ts";
import { type AdmittedKind, type Admission, answerAdmission } from "./admission.ts";
import { type Announce, type CollectorKnowledge, defaultCollector, validateCollector } from "./collector-admission.ts";
import { answerConversion } from "./conversion.ts";
import {
  defaultTargetAllocator,
  type TargetAllocatorKnowledge,
  validateTargetAllocator,
} from "./target-allocator-admission.ts";
import type { Webhook } from "./webhook-listener.ts";
import type { KubeObject } from "../api/meta.ts";

/** What the webhooks need to decide. */
export interface WebhookDependencies {
  readonly collectors: CollectorKnowledge;
  readonly allocators: TargetAllocatorKnowledge;
  readonly access: AccessReviewer;
  readonly announce: Announce;
  readonly defaulting: DefaultingSettings;
}

/** An object has 1.5 MiB at most, and a review has it twice, each with what JSON makes of it. */
const MAX_ADMISSION_BYTES = 7 * 1024 * 1024;
/** Up to 500 objects of a list at once, of 64 KiB each on average. Half of what all requests may hold. */
const MAX_CONVERSION_BYTES = 32 * 1024 * 1024;

const COLLECTOR = { apiVersion: "opentelemetry.io/v1beta1", kind: "OpenTelemetryCollector" };
const ALLOCATOR = { apiVersion: "opentelemetry.io/v1alpha1", kind: "TargetAllocator" };

/** Every webhook by its path; the paths are those of the Go operator, so that its configurations can be kept. */
export function createWebhooks(deps: WebhookDependencies): ReadonlyMap<string, Webhook> {
  const { collectors, allocators, access, announce, defaulting } = deps;
  const defaultsOfCollector: Admission<OpenTelemetryCollector> = defaultCollector(announce, defaulting);
  const defaultsOfAllocator: Admission<TargetAllocator> = defaultTargetAllocator(defaulting);
  return new Map<string, Webhook>([
    ["/convert", { answer: answerConversion, maxBytes: MAX_CONVERSION_BYTES }],
    [pathOf("mutate", COLLECTOR), admitting(COLLECTOR, defaultsOfCollector)],
    [pathOf("validate", COLLECTOR), admitting(COLLECTOR, validateCollector(collectors, access, defaulting))],
    [pathOf("mutate", ALLOCATOR), admitting(ALLOCATOR, defaultsOfAllocator)],
    [pathOf("validate", ALLOCATOR), admitting(ALLOCATOR, validateTargetAllocator(allocators, access))],
  ]);
}

/** Such as `/validate-opentelemetry-io-v1beta1-opentelemetrycollector`. */
function pathOf(verb: "mutate" | "validate", { apiVersion, kind }: AdmittedKind): string {
  return `/${verb}-${apiVersion.replaceAll(/[./]/g, "-")}-${kind.toLowerCase()}`;
}

function admitting<R extends KubeObject>(kind: AdmittedKind, admit: Admission<R>): Webhook {
  return {
    maxBytes: MAX_ADMISSION_BYTES,
    answer: async (body, signal) => answerAdmission(body, kind, { admit, signal }),
  };
}
