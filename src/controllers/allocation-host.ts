/** What an allocation is made of. */
export interface AllocationDefinition {
  readonly namespace: string;
  /** Of the TargetAllocator. */
  readonly name: string;
  /** Names of the OpenTelemetryCollectors that get their targets from it, sorted. */
  readonly collectors: readonly string[];
  /** The text of `targetallocator.yaml` that the generated allocator runs on too. */
  readonly fileText: string;
}

/** Something that hinders an allocation as a whole, or one of its jobs. */
interface AllocationProblem {
  readonly job?: string;
  /** One word from a closed list. */
  readonly reason: string;
  readonly message: string;
}

/** How the monitors of one kind fare. */
interface MonitorKindSummary {
  readonly kind: string;
  readonly state: string;
  /** "" when there is nothing to say. */
  readonly message: string;
  readonly found: number;
  readonly selected: number;
  readonly refused: number;
  readonly jobs: number;
  readonly targets: number;
}

/** How an allocation goes, in numbers. */
export interface AllocationSummary {
  /** The first assignment is complete: the numbers say something. */
  readonly synced: boolean;
  /** Collector pods that targets are given to. */
  readonly collectors: number;
  readonly jobs: number;
  readonly targets: number;
  /** Targets that no collector has. */
  readonly unassigned: number;
  readonly problems: readonly AllocationProblem[];
  /** Custom resources of the Prometheus operator, kind by kind; absent when they are not read. */
  readonly monitors?: readonly MonitorKindSummary[];
}

/** Whoever runs allocations in this process. Keys are `namespace/name` of TargetAllocators. */
export interface AllocationHost {
  /** Runs the allocation from now on; a changed definition takes the place of the former one. Never throws. */
  ensure(key: string, definition: AllocationDefinition): void;
  /** Ends the allocation. Does nothing when there is none. */
  remove(key: string): void;
  /** Undefined when there is no such allocation. */
  summary(key: string): AllocationSummary | undefined;
  /** Calls back with the key when a summary has changed. Returns the unsubscription. */
  onChange(handler: (key: string) => void): () => void;
}
