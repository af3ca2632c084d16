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
}

/** Connects to an API server; the first request opens a connection. Throws KubeConfigError. */
export function openCluster({ kubeconfigPath, whenMissing, setBy, log }: OpenClusterOptions): KubeConnection {
  return createKubeConnection({
    kubeconfigPath,
    whenMissing,
    setBy,
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
