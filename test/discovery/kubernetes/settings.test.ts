import { describe, expect, it } from "@jest/globals";

import { readKubernetesSettings } from "../../../src/discovery/kubernetes/settings.ts";

describe("readKubernetesSettings", () => {
  it("reads every setting", () => {
    const raw = {
      role: "endpointslice",
      api_server: "https://10.0.0.1",
      kubeconfig_file: "/kubeconfig",
      namespaces: { own_namespace: true, names: ["a", "b"] },
      selectors: [{ role: "pod", label: "app=web" }],
      attach_metadata: { node: true, job: true },
    };
    expect(readKubernetesSettings(raw)).toEqual({
      role: "endpointslice",
      apiServer: "https://10.0.0.1",
      kubeconfigFile: "/kubeconfig",
      ownNamespace: true,
      namespaces: ["a", "b"],
      selectors: [{ role: "pod", label: "app=web", field: "" }],
      attach: { node: true, namespace: false, deployment: false, job: true, cronjob: false },
      raw,
    });
  });

  it("takes what is missing or null as not asked for", () => {
    const settings = readKubernetesSettings({ role: "node", namespaces: null, selectors: null });
    expect(settings).toMatchObject({
      apiServer: "",
      kubeconfigFile: "",
      ownNamespace: false,
      namespaces: [],
      selectors: [],
    });
    expect(Object.values(settings.attach)).toEqual([false, false, false, false, false]);
  });

  it("names the roles that exist when it meets another", () => {
    expect(() => readKubernetesSettings({ role: "Pod" })).toThrow(
      'kubernetes_sd_configs: role "Pod" is none of pod, node, service, endpoints, endpointslice, ingress',
    );
  });
});
