import type { PrinterColumn } from "./field.ts";

/** What `kubectl get` shows of the spread of targets, for each kind whose status has an allocation. */
export const ALLOCATION_COLUMNS: readonly PrinterColumn[] = [
  {
    name: "Targets",
    type: "integer",
    jsonPath: ".status.allocation.targets",
    description: "Targets that are spread over the collectors",
  },
  {
    name: "Unassigned",
    type: "integer",
    jsonPath: ".status.allocation.unassignedTargets",
    description: "Targets that no collector has",
  },
  {
    name: "Degraded",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Degraded")].reason',
    description: "What is wrong; AsExpected when nothing is",
  },
];

/** The last columns of every kind. */
export const closingColumns = (imageDescription: string): readonly PrinterColumn[] => [
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Since when it exists" },
  // Long, and seldom asked for: shown by -o wide.
  { name: "Image", type: "string", jsonPath: ".status.image", description: imageDescription, priority: 1 },
  {
    name: "Management",
    type: "string",
    jsonPath: ".spec.managementState",
    description: "Whether the operator looks after it",
    priority: 1,
  },
];
