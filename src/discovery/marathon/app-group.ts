import type { TargetGroup } from "../../allocator/index.ts";
import { type LabelValues, toLabels } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";

const PREFIX = "__meta_marathon_";

/** One port of an app, and the labels that it gives to targets. */
interface AppPort {
  /** 0: each task has a port of its own. */
  readonly number: number;
  readonly labels: LabelValues;
}

/** The tasks of an app, each with each of its ports. */
export function toAppGroup(app: JsonNode): TargetGroup {
  const id = app.text("id");
  const isContainerNet = app.items("networks")[0]?.text("mode") === "container";
  const ports = portsOf(app, isContainerNet);
  return {
    source: id,
    labels: toLabels({
      [`${PREFIX}app`]: id,
      [`${PREFIX}image`]: app.at("container").at("docker").text("image"),
      ...mapLabels(`${PREFIX}app_label_`, app.textEntries("labels")),
    }),
    targets: app.items("tasks").flatMap((task) => taskTargets(task, ports, isContainerNet).map(toLabels)),
  };
}

/** Where an app says its ports has changed over the versions of Marathon; the newest place wins. */
function portsOf(app: JsonNode, isContainerNet: boolean): readonly AppPort[] {
  const container = app.at("container");
  const mapped = [container, container.at("docker")]
    .map((place) => place.items("portMappings"))
    .find((mappings) => mappings.length > 0);
  if (mapped !== undefined) {
    return mapped.map((port) => ({
      number: port.number(isContainerNet ? "containerPort" : "hostPort"),
      labels: mapLabels(`${PREFIX}port_mapping_label_`, port.textEntries("labels")),
    }));
  }
  const isRequired = app.flag("requirePorts");
  return app.items("portDefinitions").map((port) => ({
    number: isRequired ? port.number("port") : 0,
    labels: mapLabels(`${PREFIX}port_definition_label_`, port.textEntries("labels")),
  }));
}

function taskTargets(task: JsonNode, appPorts: readonly AppPort[], isContainerNet: boolean): readonly LabelValues[] {
  const own = task.items("ports").map((port) => port.number());
  const ports = appPorts.length > 0 ? appPorts : own.map((number) => ({ number, labels: {} }));
  const address = isContainerNet ? task.items("ipAddresses")[0]?.text("ipAddress") : undefined;
  const host = address ?? task.text("host");
  return ports.map(({ number, labels }, index) => {
    const port = number === 0 && own.length === ports.length ? (own[index] ?? 0) : number;
    return toTarget(task, { host, port, index }, labels);
  });
}

function toTarget(
  task: JsonNode,
  { host, port, index }: { readonly host: string; readonly port: number; readonly index: number },
  labels: LabelValues,
): LabelValues {
  return {
    [ADDRESS]: hostPort(host, port),
    [`${PREFIX}task`]: task.text("id"),
    [`${PREFIX}port_index`]: String(index),
    ...labels,
  };
}
