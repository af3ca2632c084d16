import { type Labels, LabelsBuilder } from "../../allocator/index.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import type { Pod, TargetReference } from "./objects.ts";
import { addContainer, addContainerPort, addPod, containersOf } from "./pod-labels.ts";
import type { RelatedObjects } from "./related-objects.ts";

/** A port of an endpoint: its number, and the protocol to name for the container's port if not the container's own. */
export interface ReferringPort {
  readonly number: number | undefined;
  readonly protocol?: string;
}

interface Entry {
  readonly pod: Pod;
  readonly seenPorts: Set<number>;
}

/** The pods behind one set of endpoints. Lives for the making of one target group. */
export class ReferredPods {
  readonly #related: RelatedObjects;
  readonly #entries = new Map<string, Entry>();

  constructor(related: RelatedObjects) {
    this.#related = related;
  }

  /**
   * Adds the labels of the pod that the endpoint refers to and, if one declares the endpoint's port, of its container
   * (without the container's id). Adds nothing when the endpoint refers to no pod, or to one that is not cached.
   */
  addLabels(builder: LabelsBuilder, reference: TargetReference | null | undefined, port: ReferringPort): void {
    const pod = this.#resolve(reference);
    if (pod === undefined) return;
    addPod(builder, pod, this.#related);
    if (port.number === undefined) return;
    for (const one of containersOf(pod)) {
      const declared = one.container.ports?.find(({ containerPort }) => containerPort === port.number);
      if (declared === undefined) continue;
      addContainer(builder, one);
      addContainerPort(builder, declared, port.protocol);
    }
    this.#entryOf(pod).seenPorts.add(port.number);
  }

  /**
   * Targets for the declared ports of these pods that no endpoint stands for: a pod's metrics port need not be part of
   * its service. They carry no label of an endpoint.
   */
  additionalTargets(): Labels[] {
    return [...this.#entries.values()].flatMap(({ pod, seenPorts }) => {
      const address = pod.status?.podIP ?? "";
      if (address === "") return [];
      return containersOf(pod).flatMap((one) =>
        (one.container.ports ?? []).flatMap((port) => {
          if (seenPorts.has(port.containerPort)) return [];
          const builder = new LabelsBuilder().set(ADDRESS, hostPort(address, port.containerPort));
          addContainer(builder, one);
          addContainerPort(builder, port);
          addPod(builder, pod, this.#related);
          return [builder.build()];
        }),
      );
    });
  }

  #resolve(reference: TargetReference | null | undefined): Pod | undefined {
    if (reference?.kind !== "Pod") return undefined;
    const pod = this.#related.pod(reference.namespace ?? "", reference.name ?? "");
    if (pod !== undefined) this.#entryOf(pod);
    return pod;
  }

  #entryOf(pod: Pod): Entry {
    const key = `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { pod, seenPorts: new Set() };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
