import { UsageError } from "./command-line.ts";
import { ConfigError } from "./config-error.ts";
import { parsedFlag } from "./flags.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { LOGGING_FLAGS, type LoggingOptions, resolveLoggingOptions } from "./logging-options.ts";
import { MANIFEST_FLAGS, type ManifestOptions, resolveManifestOptions } from "./operator-options.ts";
import type { Settings } from "./sources.ts";

/** The flags of the `dev` command. Unlike other commands it tells problems on the screen, so its log keeps to faults. */
export const DEV_FLAGS = {
  ...MANIFEST_FLAGS,
  ...LOGGING_FLAGS,
  zapEncoder: { ...LOGGING_FLAGS.zapEncoder, fallback: "console" as const },
  zapLogLevel: { ...LOGGING_FLAGS.zapLogLevel, fallback: "error" as const },
  listen: parsedFlag<ListenAddress>("listen-addr", parseListenAddress, {
    help: "Where to serve pages, metrics and the routes of every allocation",
    fallback: { host: "127.0.0.1", port: 8080 },
    shown: "127.0.0.1:8080",
    env: "LISTEN_ADDR",
    placeholder: "address",
  }),
};

/** Everything that the `dev` command is started with. */
export interface DevOptions {
  /** The directory whose manifests are the cluster. */
  readonly dir: string;
  readonly listen: ListenAddress;
  readonly manifests: ManifestOptions;
  readonly logging: LoggingOptions;
}

/** What flags and arguments together mean. Throws UsageError or ConfigError. */
export function resolveDevOptions({ values, positionals }: Settings<typeof DEV_FLAGS>): DevOptions {
  const [dir, ...more] = positionals;
  if (dir === undefined || more.length > 0) throw new UsageError("give one directory of manifests");
  const problems: string[] = [];
  const manifests = resolveManifestOptions(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({ dir, listen: values.listen, manifests, logging: resolveLoggingOptions(values) });
}
