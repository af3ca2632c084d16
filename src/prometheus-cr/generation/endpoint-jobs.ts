import type { DataObject } from "../../allocator/index.ts";
import type { GenerationScope } from "../generation-scope.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { PodMonitorSpec, ServiceMonitorSpec } from "../resources.ts";
import { selectsByRole } from "./kubernetes-discovery.ts";
import { bodySizeKey, limitKeys, protocolKeys } from "./limits.ts";
import { checkSelector } from "./selector-rules.ts";

/** What the jobs of all endpoints of one monitor have in common, and which of them it is. */
export interface EndpointPlace {
  readonly index: number;
  /** Whether the API server selects, and not rules. */
  readonly byRole: boolean;
  readonly limits: DataObject;
}

/**
 * A job for each endpoint of a monitor that selects objects of Kubernetes.
 *
 * @param key - Where the endpoints stand in the spec.
 */
export function endpointJobs<Endpoint>(
  { spec, field, scrapeClass }: GenerationScope<PodMonitorSpec | ServiceMonitorSpec>,
  [key, endpoints]: readonly [key: string, endpoints: readonly Endpoint[] | undefined],
  job: (endpoint: Endpoint, field: MonitorField, place: EndpointPlace) => DataObject,
): readonly DataObject[] {
  checkSelector(spec.selector ?? {}, field.below("selector"));
  const byRole = selectsByRole(spec.selectorMechanism, field.below("selectorMechanism"));
  const limits = { ...limitKeys(spec, field), ...protocolKeys(spec, scrapeClass), ...bodySizeKey(spec) };
  return (endpoints ?? []).map((endpoint, index) =>
    job(endpoint, field.below(`${key}[${String(index)}]`), { index, byRole, limits }),
  );
}
