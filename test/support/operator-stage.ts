import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Condition, KubeObject } from "../../src/api/meta.ts";
import type { ControlPlaneOptions } from "../../tools/real-parts/control-plane.ts";
import { type ControlPlane, installCrds, startControlPlane } from "./control-plane.ts";
import { freeAddress, type Program, startProgram } from "./program.ts";

/** One operator process. */
export interface OperatorProgram extends Program {
  readonly probes: string;
  /** Waits until it is ready by its own probe. */
  ready(): Promise<void>;
  log(): string;
}

/** An Event of events.k8s.io, as far as tests look at it. */
interface ListedEvent extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly note?: string;
  readonly regarding?: { readonly name: string };
}

/** Why a collector with which nothing is wrong is Degraded or not, on a cluster without kubelets: no pod is ever ready. */
export const NOTHING_BUT_PODS = /^(?:AsExpected|CollectorsStarting|CollectorsNotReady)$/;

/** An allocator that a collector has for itself bears its name. */
const OWNERS: ReadonlySet<string> = new Set(["OpenTelemetryCollector", "TargetAllocator"]);
const OWNED_KINDS = "configmaps,serviceaccounts,services,deployments,statefulsets";

/** A real control plane with our CRDs and the namespace `shop`, operators started as users start them, and kubectl. */
export class OperatorStage {
  readonly dir = mkdtempSync(join(tmpdir(), "operator-stage-"));
  readonly plane: ControlPlane;
  readonly #programs: Program[] = [];

  private constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  static async start(options: ControlPlaneOptions = {}): Promise<OperatorStage> {
    const stage = new OperatorStage(await startControlPlane(options));
    try {
      await installCrds(stage.plane);
      await stage.plane.kubectl(["create", "namespace", "shop"]);
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map(async ({ child }) => child.stop()));
    await this.plane.stop();
    rmSync(this.dir, { recursive: true });
  }

  /** Starts `otel-allocator operator`; it is not ready yet, and serves no webhooks unless told to. Logs of processes of one name go into one file. */
  async startOperator(name: string, flags: readonly string[] = []): Promise<OperatorProgram> {
    const [listen, health] = [await freeAddress(), await freeAddress()];
    const kubeconfig = `--kubeconfig=${this.plane.kubeconfigPath}`;
    const addresses = [`--listen-addr=${listen}`, `--health-probe-addr=${health}`, "--metrics-addr=0"];
    const args = ["operator", kubeconfig, ...addresses, "--enable-webhooks=false", ...flags];
    const probes = `http://${health}`;
    const program = this.startProgram(name, args, `http://${listen}`);
    return {
      ...program,
      probes,
      ready: async () => program.whenReady(`${probes}/readyz`),
      log: () => readFileSync(program.child.logPath, "utf8"),
    };
  }

  /** Starts any command; ends with the stage. */
  startProgram(
    name: string,
    args: readonly string[],
    url: string,
    env: Readonly<Record<string, string>> = {},
  ): Program {
    const program = startProgram({ args, dir: this.dir, name, url, env });
    this.#programs.push(program);
    return program;
  }

  async kubectl(args: readonly string[], input?: string): Promise<string> {
    return this.plane.kubectl(["-n", "shop", ...args], input);
  }

  /** `kubectl apply`, as a user does it. */
  async apply(text: string): Promise<string> {
    return this.plane.kubectl(["apply", "-f", "-"], text);
  }

  async list<T extends KubeObject>(kinds: string): Promise<readonly T[]> {
    return (JSON.parse(await this.kubectl(["get", kinds, "-o", "json"])) as { readonly items: readonly T[] }).items;
  }

  async get<T extends KubeObject>(kind: string, name: string): Promise<T> {
    return JSON.parse(await this.kubectl(["get", kind, name, "-o", "json"])) as T;
  }

  /** The condition Degraded of a collector; throws while the status is not that of the version in force. */
  async degraded(name: string): Promise<Condition | undefined> {
    interface WithStatus extends KubeObject {
      readonly status?: { readonly observedGeneration?: number; readonly conditions: readonly Condition[] };
    }
    const { metadata, status } = await this.get<WithStatus>("otelcol", name);
    if (status === undefined || status.observedGeneration !== metadata.generation)
      throw new Error(`the status of ${name} is of before`);
    return status.conditions.find(({ type }) => type === "Degraded");
  }

  async eventsOf(name: string): Promise<readonly ListedEvent[]> {
    const events = await this.list<ListedEvent>("events.events.k8s.io");
    return events.filter(({ regarding }) => regarding?.name === name);
  }

  /** The objects that a collector and its allocator own, by `Kind name`. */
  async ownedBy(name: string): Promise<ReadonlyMap<string, KubeObject>> {
    const objects = await this.list(OWNED_KINDS);
    const owned = objects.filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => OWNERS.has(owner.kind) && owner.name === name),
    );
    return new Map(owned.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
  }

  /** What tells two versions of a collector and of all that it owns apart. */
  async versions(name: string): Promise<Readonly<Record<string, string>>> {
    const collector = await this.get("otelcol", name);
    const objects = [["OpenTelemetryCollector", collector] as const, ...(await this.ownedBy(name))];
    return Object.fromEntries(objects.map(([id, { metadata }]) => [id, metadata.resourceVersion ?? ""]));
  }
}
