import type { LabelValues } from "../flat-group.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { type XmlElement, XmlError } from "../xml.ts";

const PREFIX = "__meta_eureka_app_instance_";
const DEFAULT_PORT = 80;

/** `<port enabled="true">8080</port>`. */
interface EurekaPort {
  readonly number: number;
  readonly enabled: boolean;
}

/** The instances in `<applications>` as targets. Throws XmlError when it is something else. */
export function instancesOf(root: XmlElement): readonly LabelValues[] {
  if (root.name !== "applications") throw new XmlError(`its element must be <applications>, not <${root.name}>`);
  return childrenOf(root, "application").flatMap((app) =>
    childrenOf(app, "instance").map((instance) => toTarget(textIn(app, "name"), instance)),
  );
}

function toTarget(app: string, instance: XmlElement): LabelValues {
  const host = textIn(instance, "hostName");
  const id = textIn(instance, "instanceId");
  const port = portIn(instance, "port");
  return {
    [ADDRESS]: hostPort(host, port?.number ?? DEFAULT_PORT),
    instance: id,
    __meta_eureka_app_name: app,
    [`${PREFIX}hostname`]: host,
    [`${PREFIX}homepage_url`]: textIn(instance, "homePageUrl"),
    [`${PREFIX}statuspage_url`]: textIn(instance, "statusPageUrl"),
    [`${PREFIX}healthcheck_url`]: textIn(instance, "healthCheckUrl"),
    [`${PREFIX}ip_addr`]: textIn(instance, "ipAddr"),
    [`${PREFIX}vip_address`]: textIn(instance, "vipAddress"),
    [`${PREFIX}secure_vip_address`]: textIn(instance, "secureVipAddress"),
    [`${PREFIX}status`]: textIn(instance, "status"),
    [`${PREFIX}country_id`]: String(wholeNumber("countryId", textIn(instance, "countryId"))),
    [`${PREFIX}id`]: id,
    ...portLabels("port", port),
    ...portLabels("secure_port", portIn(instance, "securePort")),
    ...datacenterLabels(childOf(instance, "dataCenterInfo")),
    ...metadataLabels(`${PREFIX}metadata_`, instance),
  };
}

function portLabels(name: string, port: EurekaPort | undefined): LabelValues {
  if (port === undefined) return {};
  return { [`${PREFIX}${name}`]: String(port.number), [`${PREFIX}${name}_enabled`]: String(port.enabled) };
}

function datacenterLabels(info: XmlElement | undefined): LabelValues {
  if (info === undefined) return {};
  return {
    [`${PREFIX}datacenterinfo_name`]: textIn(info, "name"),
    ...metadataLabels(`${PREFIX}datacenterinfo_metadata_`, info),
  };
}

/** Values are taken as they are written, with entities as such, as Prometheus does. */
function metadataLabels(prefix: string, parent: XmlElement): LabelValues {
  const items = childOf(parent, "metadata")?.children ?? [];
  return mapLabels(
    prefix,
    items.map(({ name, innerXml }) => [name, innerXml]),
  );
}

function portIn(parent: XmlElement, name: string): EurekaPort | undefined {
  const port = childOf(parent, name);
  if (port === undefined) return undefined;
  return { number: wholeNumber(name, port.text), enabled: port.attributes.get("enabled")?.trim() === "true" };
}

function wholeNumber(name: string, text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed) || trimmed === "") return Number(trimmed);
  throw new XmlError(`<${name}> must be a whole number, not ${JSON.stringify(trimmed)}`);
}

function childrenOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** The last child of a name. */
function childOf(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.findLast((child) => child.name === name);
}

function textIn(parent: XmlElement, name: string): string {
  return childOf(parent, name)?.text ?? "";
}
