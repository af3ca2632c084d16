import type { KubeClient } from "../client.ts";
import type { WatchScope } from "../informer.ts";
import { SharedInformers } from "../shared-informers.ts";
import type { Timers } from "../timers.ts";
import { describeScope } from "../watch-scope.ts";
import type { WatchSource } from "../watch-source.ts";
import { type ApiAccess, ApiConnections } from "./api-connections.ts";
import { ApiTransport, type RequestObservation, type WarningReporter } from "./api-transport.ts";
import { ClientNodeClient } from "./client-node-client.ts";
import type { WrittenIn } from "./failure-message.ts";
import { type KubeConfigOptions, loadKubeConfig } from "./kube-config.ts";
import type { ReachabilityReporter } from "./reachability.ts";
import { Reflector } from "./reflector.ts";

/** What a connection needs besides where it leads. */
export interface ConnectionSurroundings {
  /** Who we are in `metadata.managedFields`. @default "otel-allocator" */
  readonly fieldManager?: string;
  readonly timers: Timers;
  /** Told what an administrator should see: warnings of the server, exceptions of change handlers. */
  readonly onWarning: WarningReporter;
  /** Told of every request but watches under way. */
  readonly onRequest?: (observation: RequestObservation) => void;
  /** Told once when the server stops answering, and once when it answers again. */
  readonly onReachability?: ReachabilityReporter;
  /** Until a request is answered. @default 30_000 */
  readonly requestTimeoutMs?: number;
  /** A watch without a byte for this long is taken for dead and resumed. @default 90_000 */
  readonly watchIdleMs?: number;
}

/** A connection by kubeconfig. */
export interface KubeConnectionOptions extends KubeConfigOptions, ConnectionSurroundings {}

/** A connection to a server whose credentials are somebody else's matter. */
export interface ServerConnectionOptions extends ConnectionSurroundings {
  /** URL of the API server, without a slash at its end; nothing in it is secret. */
  readonly server: string;
  /** Closed with the connection. */
  readonly connections: ApiAccess;
  /** @default "default" */
  readonly namespace?: string;
  /** Where server and credentials are written, for advice. @default "kubeconfig" */
  readonly writtenIn?: WrittenIn;
}

/** Everything that talks to one API server as one account. */
export interface KubeConnection {
  readonly client: KubeClient;
  /** Every use of the same scope shares one watch. */
  readonly informers: SharedInformers;
  /** URL of the API server. */
  readonly server: string;
  /** Of the kubeconfig's context; in a pod the pod's own. @default "default" */
  readonly namespace: string;
  readonly fieldManager: string;
  /** For the operator host, which speaks to the server in its library's own way. */
  readonly transport: ApiTransport;
  /** Stops every watch, ends what is under way; resolves when no connection is left. */
  close(): Promise<void>;
}

/** Reads the kubeconfig; connects with the first request. Throws KubeConfigError. */
export function createKubeConnection(options: KubeConnectionOptions): KubeConnection {
  const { kubeConfig, server, namespace } = loadKubeConfig(options);
  return createServerConnection({ ...options, server, namespace, connections: new ApiConnections(kubeConfig) });
}

/** Connects with the first request. */
export function createServerConnection(options: ServerConnectionOptions): KubeConnection {
  const { server, connections, namespace = "default", timers, onWarning, requestTimeoutMs: timeoutMs } = options;
  const transport = new ApiTransport({ ...options, timeoutMs });
  const informers = new SharedInformers({
    source: reflectorSource(transport, timers, options.watchIdleMs),
    onHandlerError: (error, scope) => onWarning("a change handler failed", { error, watch: describeScope(scope) }),
  });
  const fieldManager = options.fieldManager ?? "otel-allocator";
  return {
    client: new ClientNodeClient(transport, fieldManager),
    informers,
    server,
    fieldManager,
    namespace,
    transport,
    async close(): Promise<void> {
      await informers.close();
      await connections.close();
    },
  };
}

function reflectorSource(transport: ApiTransport, timers: Timers, idleMs: number | undefined): WatchSource {
  return (scope: WatchScope, sink) => {
    const stop = new AbortController();
    const reflector = new Reflector({ transport, scope, sink, timers, idleMs });
    const running = reflector.run(stop.signal);
    return async () => {
      stop.abort();
      await running;
    };
  };
}
