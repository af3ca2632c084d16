import { type DataObject, type Discoverer, type DiscoverySink, parseDuration } from "../../allocator/index.ts";
import { type Clock, delay } from "../../observability/clock.ts";
import { textOf, textsOf } from "../decoded-settings.ts";
import { NodeBoard, type ParseMember } from "./node-board.ts";
import { type ServerAddress, toServerAddress } from "./server-address.ts";
import { ZNodeTree } from "./znode-tree.ts";
import { connectZooKeeper, type ZooKeeperConnection, type ZooKeeperSession } from "./zookeeper-connection.ts";
import { ZooKeeperError } from "./zookeeper-error.ts";

/** Between rounds over all servers. */
const RETRY_MS = 1_000;
/** Until nodes are read again of which one could not be. */
const READ_AGAIN_MS = 10_000;

/** What differs between mechanisms that use ZooKeeper. */
export interface ZooKeeperMechanism {
  /** As in the file, without `_sd_configs`. */
  readonly mechanism: string;
  readonly parse: ParseMember;
}

/** Makes the discoverer of nodes below some paths. Throws for settings that cannot be used. */
export function createZooKeeperDiscoverer(
  { mechanism, parse }: ZooKeeperMechanism,
  settings: DataObject,
  { clock }: { readonly clock: Clock },
): Discoverer {
  const servers = textsOf(settings, "servers").map(toServerAddress);
  const paths = textsOf(settings, "paths").map((path) => path.replace(/(?<=.)\/+$/, ""));
  const timeoutMs = parseDuration(textOf(settings, "timeout")) ?? 0;
  if (timeoutMs <= 0) throw new Error(`${mechanism}_sd_configs: timeout must be longer than 0; write for example 10s`);
  return new ZooKeeperDiscoverer({ mechanism, parse, servers, paths, timeoutMs, clock });
}

interface ZooKeeperDiscovererOptions extends ZooKeeperMechanism {
  /** At least one. */
  readonly servers: readonly ServerAddress[];
  readonly paths: readonly string[];
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Follows nodes by watches, one group for each node. When a connection is lost the next server is taken, and everything
 * is read anew, because watches do not outlive a connection; what has not changed is not told again.
 */
class ZooKeeperDiscoverer implements Discoverer {
  readonly #options: ZooKeeperDiscovererOptions;
  #session: ZooKeeperSession | undefined;

  constructor(options: ZooKeeperDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { servers, clock, parse } = this.#options;
    const board = new NodeBoard(sink, parse);
    const first = Math.floor(Math.random() * servers.length);
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const server = servers[(first + attempt) % servers.length] as ServerAddress;
      await this.#use(server, board, signal).catch((error: unknown) => {
        if (!signal.aborted) board.failed(toError(error));
      });
      if (attempt % servers.length === 0) await delay(clock, RETRY_MS, signal).catch(() => undefined);
    }
  }

  /** Until the connection or the signal ends; rejects then. */
  async #use(server: ServerAddress, board: NodeBoard, signal: AbortSignal): Promise<void> {
    const { timeoutMs, clock } = this.#options;
    const session = this.#session;
    // A session that a server does not go on with is of no use; and one that knows too much is never let in again.
    this.#session = undefined;
    const connection = await connectZooKeeper({ server, session, timeoutMs, clock }, signal);
    try {
      while (!signal.aborted) await this.#follow(connection, board, signal);
    } finally {
      this.#session = connection.session;
      await connection.close();
    }
  }

  /** Resolves when everything must be read again on the same connection. */
  async #follow(connection: ZooKeeperConnection, board: NodeBoard, signal: AbortSignal): Promise<void> {
    const trees = new Map(this.#options.paths.map((path) => [path, new ZNodeTree(connection, path)]));
    const each = [...trees.values()];
    try {
      board.replace(merged(await Promise.all(each.map(async (tree) => tree.load()))), this.#problemOf(trees));
      while (!signal.aborted) {
        const paths = await connection.changes(signal);
        const changes = await Promise.all(each.map(async (tree) => tree.refresh(paths)));
        board.apply(merged(changes), this.#problemOf(trees));
      }
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.status === undefined) throw error;
      board.failed(error);
      await delay(this.#options.clock, READ_AGAIN_MS, signal);
    }
  }

  #problemOf(trees: ReadonlyMap<string, ZNodeTree>): Error | undefined {
    const missing = [...trees].filter(([, tree]) => tree.missing).map(([path]) => path);
    if (missing.length === 0) return undefined;
    const { mechanism } = this.#options;
    return new Error(
      `${mechanism}_sd_configs: ZooKeeper has no node ${missing.join(", ")}; create it or correct paths`,
    );
  }
}

/** Of paths that overlap one tree may know more than the other, never something else. */
function merged(all: readonly ReadonlyMap<string, Buffer | undefined>[]): Map<string, Buffer | undefined> {
  return new Map(all.flatMap((changes) => [...changes]));
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
