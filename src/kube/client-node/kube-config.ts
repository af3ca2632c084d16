import { existsSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import { type Cluster, type Context, KubeConfig, type User } from "@kubernetes/client-node";
import { KubeConfigError } from "../errors.ts";
import { credentialProblems } from "./credential-problems.ts";
import { type KubeConfigFile, readKubeConfigFile } from "./kube-config-file.ts";
import { TOKEN_FILE_PROVIDER, TokenFileAuthenticator } from "./token-file-authenticator.ts";

const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

export interface KubeConfigOptions {
  /**
   * A kubeconfig file, or several as in KUBECONFIG, joined by the platform's path delimiter: files that do not exist
   * are passed over, and what the first of them says wins. Absent: the service account of the pod that this runs in.
   */
  readonly kubeconfigPath?: string | undefined;
  /** @default the file's current-context */
  readonly context?: string | undefined;
  /** What to do when none of the files exists. @default "fail" */
  readonly whenMissing?: "fail" | "in-cluster";
  /** What chooses the file, for messages: `--kubeconfig or KUBECONFIG`. @default messages do not say it */
  readonly setBy?: string | undefined;
  /** Root of the file system in which the service account is mounted; for tests. @default "" */
  readonly serviceAccountRoot?: string;
}

/** A checked configuration: its current context names a cluster and credentials that exist. */
export interface LoadedKubeConfig {
  readonly kubeConfig: KubeConfig;
  /** URL of the API server, without a slash at its end. */
  readonly server: string;
  /** The context's namespace, in a pod the pod's own. @default "default" */
  readonly namespace: string;
}

/** Reads and checks where the API server is and who we are. Throws {@link KubeConfigError}. */
export function loadKubeConfig(options: KubeConfigOptions = {}): LoadedKubeConfig {
  const paths = (options.kubeconfigPath ?? "").split(delimiter).filter((path) => path !== "");
  if (paths.length === 0) return loadServiceAccount("no kubeconfig is given", options);
  const present = paths.filter((path) => existsSync(path));
  if (present.length > 0) return select(mergeFiles(present), options.context, `kubeconfig ${present.join(", ")}`);
  const missing = `kubeconfig ${paths.join(", ")} does not exist`;
  if (options.whenMissing === "in-cluster") return loadServiceAccount(missing, options);
  throw new KubeConfigError(`${missing}; ${nameAnother(options)}, or none at all in a pod`);
}

function nameAnother({ setBy }: KubeConfigOptions): string {
  return `give the path of one that does${setBy === undefined ? "" : ` with ${setBy}`}`;
}

function loadServiceAccount(why: string, options: KubeConfigOptions): LoadedKubeConfig {
  const root = options.serviceAccountRoot ?? "";
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromCluster(root);
  const server = kubeConfig.getCurrentCluster()?.server ?? "";
  // client-node builds the address from two environment variables, set or not.
  if (server.includes("undefined") || !existsSync(root + SERVICE_ACCOUNT_TOKEN)) {
    throw new KubeConfigError(
      `${why}, and this is no pod with a service account (KUBERNETES_SERVICE_HOST is not set, or there is no ` +
        `${root}${SERVICE_ACCOUNT_TOKEN}); ${nameAnother(options)}`,
    );
  }
  return select(kubeConfig, undefined, "service account");
}

function mergeFiles(paths: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  merged.addAuthenticator(new TokenFileAuthenticator());
  for (const path of paths) {
    const { clusters, users, contexts, currentContext } = readFile(path);
    addMissing(merged.clusters, clusters);
    addMissing(merged.users, users);
    addMissing(merged.contexts, contexts);
    merged.currentContext ??= currentContext;
  }
  return merged;
}

function addMissing<T extends { readonly name: string }>(target: T[], additions: readonly T[]): void {
  for (const addition of additions) {
    if (!target.some(({ name }) => name === addition.name)) target.push(addition);
  }
}

function readFile(path: string): KubeConfig {
  const { text, content } = readKubeConfigFile(path);
  try {
    const config = new KubeConfig();
    config.loadFromString(text);
    config.users = useTokenFiles(config.users, content, dirname(path));
    config.makePathsAbsolute(dirname(path));
    return config;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeConfigError(
      `kubeconfig ${path} cannot be used: ${why}; repair the file ("kubectl config view" shows how it is read)`,
      { cause },
    );
  }
}

/** client-node passes over `tokenFile`. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo */
function useTokenFiles(users: readonly User[], content: KubeConfigFile["content"], directory: string): User[] {
  const files = new Map(
    content.users?.map(({ name, user }) => [name, user?.token === undefined ? user?.tokenFile : undefined]),
  );
  return users.map((user) => {
    const file = files.get(user.name);
    if (file === undefined) return user;
    return { ...user, authProvider: { name: TOKEN_FILE_PROVIDER, config: { path: resolve(directory, file) } } };
  });
}

function select(kubeConfig: KubeConfig, wanted: string | undefined, source: string): LoadedKubeConfig {
  const names = kubeConfig.contexts.map(({ name }) => name).join(", ");
  const name = wanted ?? kubeConfig.currentContext;
  if (names === "") throw new KubeConfigError(`${source} has no contexts: it is no kubeconfig, or an empty one`);
  if ((name ?? "") === "") {
    throw new KubeConfigError(`${source} names no current-context; set it to one of: ${names}`);
  }
  const context = kubeConfig.contexts.find((candidate) => candidate.name === name);
  if (context === undefined) {
    const advice = wanted === undefined ? "set current-context to" : "give";
    throw new KubeConfigError(`${source} has no context "${name}"; ${advice} one of: ${names}`);
  }
  kubeConfig.setCurrentContext(name);
  const cluster = useCluster(kubeConfig, context, source);
  useUser(kubeConfig, context, source);
  const problems = credentialProblems(cluster, kubeConfig.getCurrentUser() ?? undefined);
  if (problems.length > 0) {
    throw new KubeConfigError(`${source}, context "${name}", cannot be used: ${problems.join("; ")}`);
  }
  return { kubeConfig, server: cluster.server, namespace: context.namespace?.trim() || "default" };
}

function useCluster(kubeConfig: KubeConfig, context: Context, source: string): Cluster {
  const cluster = kubeConfig.getCluster(context.cluster);
  if (cluster === null) {
    throw new KubeConfigError(
      `${source}, context "${context.name}": there is no cluster "${context.cluster}". Add it under clusters`,
    );
  }
  if (!cluster.server.startsWith("http:")) return cluster;
  // There is no certificate to verify; client-node insists on being told so.
  const plain = { ...cluster, skipTLSVerify: true };
  kubeConfig.clusters = kubeConfig.clusters.map((other) => (other === cluster ? plain : other));
  return plain;
}

function useUser(kubeConfig: KubeConfig, context: Context, source: string): void {
  if (kubeConfig.getUser(context.user) !== null) return;
  if ((context.user ?? "") !== "") {
    throw new KubeConfigError(
      `${source}, context "${context.name}": there is no user "${context.user}". Add it under users`,
    );
  }
  // client-node ignores the cluster's certificates when there is no user at all.
  const anonymous = { name: "anonymous" };
  kubeConfig.users = [...kubeConfig.users, anonymous];
  kubeConfig.contexts = kubeConfig.contexts.map((other) =>
    other.name === context.name ? { ...other, user: anonymous.name } : other,
  );
}
