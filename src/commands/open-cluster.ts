import type { RequestObservation } from "../kube/client-node/api-transport.ts";
import {
  type ConnectionSurroundings,
  createKubeConnection,
  type KubeConnection,
} from "../kube/client-node/connection.ts";
import type { Logger } from "../observability/logger.ts";
import { systemClock } from "../observability/system-clock.ts";

export interface OpenClusterOptions {
  /** Undefined or "": the account of the pod that this runs in. */
  readonly kubeconfigPath: string | undefined;
  /** What to do when the file does not exist. */
  readonly whenMissing: "fail" | "in-cluster";
  /** What chooses the file, for the error message. */
  readonly setBy: string;
  readonly log: Logger;
  /** Told of every request. @default nobody is */
  readonly onRequest?: (observation: RequestObservation) => void;
}

/** Connects to an API server; the first request opens a connection. Throws KubeConfigError. */
export function openCluster({ log, ...options }: OpenClusterOptions): KubeConnection {
  return createKubeConnection({
    ...options,
    timers: systemClock,
    ...reportTo(log),
  });
}

/** Logs what an administrator should see of a connection. */
export function reportTo(log: Logger): Required<Pick<ConnectionSurroundings, "onWarning" | "onReachability">> {
  return {
    onWarning: (message, fields) => log.warn(message, fields),
    onReachability(error) {
      if (error === undefined) log.info("the API server answers again");
      else log.warn("the API server does not answer; it is asked again until it does", { error });
    },
  };
}
