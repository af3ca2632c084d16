import { expect, it } from "@jest/globals";

import { getLabel } from "../../src/allocator/index.ts";
import { buildPodGroup } from "../../src/discovery/kubernetes/pod.ts";
import { runningPod } from "../support/cluster-objects.ts";
import { related } from "../support/related-objects.ts";

/** A search through all names for each name took seconds here, and then more stack than there is. */
it("a pod with 30,000 annotations has its targets, with all of them", () => {
  const annotations = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`a${i}`, String(i)]));
  const { labels, targets } = buildPodGroup(runningPod("web-0", { metadata: { annotations } }), "x", related());
  expect(targets).toHaveLength(1);
  expect(getLabel(labels, "__meta_kubernetes_pod_annotation_a29999")).toBe("29999");
  expect(getLabel(labels, "__meta_kubernetes_pod_annotationpresent_a0")).toBe("true");
});
