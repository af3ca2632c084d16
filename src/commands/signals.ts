/** Who tells the process to stop; `process` itself, or a fake in tests. */
export interface SignalSource {
  once(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/**
 * Aborted by the first SIGINT or SIGTERM. From then on the signals do what they do by default, so that a second one ends
 * a process that takes too long to stop.
 */
export function stopSignal(source: SignalSource): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    source.off("SIGINT", stop);
    source.off("SIGTERM", stop);
    controller.abort();
  };
  source.once("SIGINT", stop);
  source.once("SIGTERM", stop);
  return controller.signal;
}
