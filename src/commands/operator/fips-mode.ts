import { getFips } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Logger } from "../../observability/logger.ts";
import type { OperatorOptions } from "../../options/operator-options.ts";

/** What tells whether a process runs in FIPS mode. */
interface FipsSigns {
  /** What OpenSSL says of itself: 1 in FIPS mode. */
  readonly openssl: number;
  /** The text of {@link KERNEL_FLAG}; undefined where there is none, as outside of Linux. */
  readonly kernel: string | undefined;
}

/** By this file a Linux kernel says whether it was started in FIPS mode. Pods see that of their node. */
const KERNEL_FLAG = "/proc/sys/crypto/fips_enabled";

/**
 * The options of an operator that refuses the components that they forbid in FIPS mode, if one of the signs says that
 * this is one. Elsewhere they mean nothing, which is logged for who has named some.
 */
export function withDisabledComponents(
  options: OperatorOptions,
  { openssl, kernel = "" }: FipsSigns,
  log: Pick<Logger, "info">,
): OperatorOptions {
  const { fipsDisabledComponents: named, manifests } = options;
  if (named.length === 0) return options;
  const isFips = openssl === 1 || kernel.trim() === "1";
  const effect = isFips ? "collectors must not use them" : "this does not run in FIPS mode, so all may be used";
  log.info("components were named by --fips-disabled-components", { components: named.join(","), effect });
  return isFips ? { ...options, manifests: { ...manifests, disabledComponents: named } } : options;
}

/** The signs that this process sees. */
export function fipsSigns(path = KERNEL_FLAG): FipsSigns {
  return { openssl: getFips(), kernel: readFlag(path) };
}

function readFlag(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
