import { type DataObject, normalizedUrl } from "../../allocator/index.ts";
import { given } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { ProxySpec } from "../resources.ts";
import { sortedByKey } from "./sorted-by-key.ts";

/** The proxy keys of a section; reports what is wrong with the settings. */
export function proxyKeys(proxy: ProxySpec, field: MonitorField): DataObject {
  checkProxy(proxy, field);
  const headers = proxy.proxyConnectHeader;
  return given({
    proxy_url: proxy.proxyUrl,
    no_proxy: proxy.noProxy,
    proxy_from_environment: proxy.proxyFromEnvironment,
    proxy_connect_header:
      headers === undefined ? undefined : connectHeaders(headers, field.below("proxyConnectHeader")),
  });
}

function connectHeaders(headers: NonNullable<ProxySpec["proxyConnectHeader"]>, field: MonitorField): DataObject {
  const read = sortedByKey(headers).map(([name, refs]) => {
    const at = field.below(`[${JSON.stringify(name)}]`);
    if (refs.length === 0) at.report("has no value");
    return [name, refs.map((ref, index) => at.below(`[${String(index)}]`).secret(ref) ?? "")] as const;
  });
  return Object.fromEntries(read);
}

function checkProxy(proxy: ProxySpec, field: MonitorField): void {
  const { proxyUrl = "", noProxy = "", proxyConnectHeader } = proxy;
  const environment = proxy.proxyFromEnvironment === true;
  const requirements: readonly (readonly [string, boolean, string])[] = [
    [
      "proxyConnectHeader",
      proxyConnectHeader === undefined || proxyUrl !== "" || environment,
      "needs proxyUrl, or proxyFromEnvironment: true",
    ],
    ["proxyFromEnvironment", !environment || proxyUrl === "", "cannot go with proxyUrl"],
    ["proxyFromEnvironment", !environment || noProxy === "", "cannot go with noProxy"],
    ["noProxy", noProxy === "" || proxyUrl !== "", "needs proxyUrl"],
  ];
  for (const [name, met, problem] of requirements) if (!met) field.below(name).report(problem);
  const url = normalizedUrl(proxyUrl);
  if (typeof url !== "string") field.below("proxyUrl").report(`is no URL: ${url.problem}`);
}
