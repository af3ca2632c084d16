export { type ControlPlane, startControlPlane } from "../../tools/real-parts/control-plane.ts";

/** How long starting a control plane may take in a hook, on a busy machine. `make test` has built it before. */
export const START_TIMEOUT_MS = 120_000;
