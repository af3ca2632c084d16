import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "../../tools/real-parts/control-plane.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { eventually } from "./eventually.ts";

export { type ControlPlane, startControlPlane };

/** How long starting a control plane may take in a hook, on a busy machine. `make test` has built it before. */
export const START_TIMEOUT_MS = 120_000;

/** Installs the CRDs of this repository, and waits until the server serves them. */
export async function installCrds(plane: ControlPlane): Promise<void> {
  await plane.kubectl(["apply", "--server-side", "-f", join(ROOT, "crds")]);
  // kubectl fails, instead of waiting, while a definition has no condition at all.
  await eventually(async () => plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]));
  // What the server says of its kinds is put together a little later.
  await eventually(async () => plane.kubectl(["get", "opentelemetrycollectors,targetallocators", "-A"]));
}
