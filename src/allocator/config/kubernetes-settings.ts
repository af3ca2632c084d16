import { checkHttpClient, HTTP_CLIENT_FIELDS, isDefaultHttpClient } from "./http-client-settings.ts";
import type { DataObject } from "./scrape-config.ts";
import { isFieldSelector, isLabelSelector } from "./selector-syntax.ts";
import { fieldsOf, listOf, section, type Report, type Schema } from "./setting-schema.ts";
import { flagSetting, sectionSetting, sectionsSetting, textSetting } from "./setting-values.ts";

/** Each role with the resources that its selectors may restrict. */
const SELECTOR_ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ["pod", ["pod", "node"]],
  ["service", ["service"]],
  ["endpoints", ["pod", "service", "endpoints"]],
  ["endpointslice", ["pod", "service", "endpointslice"]],
  ["node", ["node"]],
  ["ingress", ["ingress"]],
]);

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config */
export const KUBERNETES: Schema = {
  fields: [
    ...fieldsOf(
      "api_server?:url role! kubeconfig_file! namespaces?:namespaces selectors?:selectors attach_metadata?:attach",
      {
        namespaces: section({ fields: fieldsOf("own_namespace!:bool names!:strings") }),
        selectors: listOf(section({ fields: fieldsOf("role? label? field?") })),
        attach: section({
          fields: fieldsOf("node!:bool namespace!:bool deployment!:bool job!:bool cronjob!:bool"),
        }),
      },
    ),
    ...HTTP_CLIENT_FIELDS,
  ],
  check: checkKubernetes,
};

function checkKubernetes(raw: DataObject, report: Report): DataObject {
  const settings = checkHttpClient(raw, report);
  const role = textSetting(settings, "role");
  if (!SELECTOR_ROLES.has(role)) {
    report("role", `${JSON.stringify(role)} is no role; there are ${[...SELECTOR_ROLES.keys()].join(", ")}`);
  }
  checkAccess(settings, report);
  checkSelectors(settings, report);
  return settings;
}

/** The ways to reach an API server exclude each other, and each allows only some settings. */
function checkAccess(settings: DataObject, report: Report): void {
  const apiServer = settings["api_server"] !== undefined;
  const file = textSetting(settings, "kubeconfig_file") !== "";
  const plain = isDefaultHttpClient(settings);
  if (apiServer && file) report("kubeconfig_file", "cannot be set together with api_server");
  if (file && !plain) report("kubeconfig_file", "cannot be set together with HTTP client settings");
  if (!apiServer && !file && !plain) report("api_server", "is missing, but there are HTTP client settings for it");
  if (flagSetting(sectionSetting(settings, "namespaces"), "own_namespace") && (apiServer || file)) {
    report("namespaces.own_namespace", `cannot be set together with ${file ? "kubeconfig_file" : "api_server"}`);
  }
}

function checkSelectors(settings: DataObject, report: Report): void {
  const own = textSetting(settings, "role");
  const allowed = SELECTOR_ROLES.get(own) ?? [];
  const seen = new Set<string>();
  for (const [index, selector] of sectionsSetting(settings, "selectors").entries()) {
    const role = textSetting(selector, "role");
    const [label, field] = [textSetting(selector, "label"), textSetting(selector, "field")];
    const at = `selectors[${String(index)}]`;
    if (!allowed.includes(role)) {
      report(
        `${at}.role`,
        `${JSON.stringify(role)} cannot be selected by role ${own}; possible: ${allowed.join(", ")}`,
      );
    } else if (seen.has(role)) report(`${at}.role`, `${JSON.stringify(role)} has a selector already`);
    seen.add(role);
    if (!isLabelSelector(label)) {
      report(
        `${at}.label`,
        `${JSON.stringify(label)} is no label selector; write for example app=web or app in (a, b)`,
      );
    }
    if (!isFieldSelector(field)) {
      report(`${at}.field`, `${JSON.stringify(field)} is no field selector; write for example metadata.name=web`);
    }
  }
}
