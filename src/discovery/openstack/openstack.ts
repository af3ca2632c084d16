import { textOf } from "../decoded-settings.ts";
import { createConfiguredClient, type PolledMechanism } from "../polling-discoverer.ts";
import { lookForHypervisors } from "./hypervisor.ts";
import { lookForInstances } from "./instance.ts";
import { lookForLoadBalancers } from "./load-balancer.ts";
import { OpenStack } from "./openstack-session.ts";

const ROLES: Readonly<Record<string, typeof lookForInstances>> = {
  hypervisor: lookForHypervisors,
  instance: lookForInstances,
  loadbalancer: lookForLoadBalancers,
};

/**
 * `openstack_sd_configs`: hypervisors, instances or load balancers of a region.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#openstack_sd_config
 */
export const openStack: PolledMechanism = {
  mechanism: "openstack",
  // Of the HTTP client keys it has tls_config only.
  createClient: (settings, surroundings) =>
    createConfiguredClient({ tls_config: settings["tls_config"], follow_redirects: true }, surroundings),
  createLook: (settings, api) => {
    const role = textOf(settings, "role");
    const look = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
    if (look === undefined) {
      throw new Error(`openstack_sd_configs: role ${JSON.stringify(role)} is none of ${Object.keys(ROLES).join(", ")}`);
    }
    const region = new OpenStack(settings, api);
    return async (signal) => look(region, settings, signal);
  },
};
