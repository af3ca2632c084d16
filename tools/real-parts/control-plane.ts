import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { ensurePart } from "./build.ts";
import { type Child, freePorts, startChild, tailOf } from "./child.ts";
import type { PartName } from "./parts.ts";

const run = promisify(execFile);
const READY_WITHIN_MS = 60_000;
const ATTEMPTS = 3;
/** When a request came and when it was answered; what was in it is left out. */
const AUDIT_POLICY = { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }] };

export interface ControlPlaneOptions {
  /** Runs kube-controller-manager: workloads, garbage collection. @default false */
  readonly controllerManager?: boolean;
  /** Runs kube-scheduler. @default false */
  readonly scheduler?: boolean;
  /** Runs kwok as the kubelet of nodes annotated `kwok.x-k8s.io/node: fake`. @default false */
  readonly kwok?: boolean;
  /** The API server notes every request, as one JSON line of its audit log in `audit.log` of the folder. @default false */
  readonly audit?: boolean;
  /** Admission plugins besides those that are on by default. @default none */
  readonly admissionPlugins?: readonly string[];
  /** Folder for certificates, data and logs; created. @default a new temporary folder, removed by stop() */
  readonly dir?: string;
  /** Goes on when this process ends (`make cluster`). @default false */
  readonly detached?: boolean;
  readonly say?: (line: string) => void;
}

/** A real Kubernetes control plane on loopback, private to whoever started it. */
export interface ControlPlane {
  /** Of a member of system:masters. */
  readonly kubeconfigPath: string;
  /** Of the API server, such as `https://127.0.0.1:41234`. */
  readonly url: string;
  readonly dir: string;
  readonly pids: readonly number[];
  /** Ends everything; removes the folder unless it was given. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL to the API server; etcd stays. */
  killApiServer(): Promise<void>;
  /** Starts it again on the same port and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Compacts etcd to its current revision: what was before can no longer be watched. */
  compactEtcd(): Promise<void>;
  /** Removes what is stored under a key such as `/registry/configmaps/shop/web`, for losses while no API server runs. */
  deleteFromEtcd(key: string): Promise<void>;
  /** Runs kubectl as the administrator; resolves with its standard output, rejects with its standard error. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** A kubeconfig file with another bearer token, such as one of `kubectl create token`. */
  kubeconfigWithToken(token: string): string;
}

/**
 * Starts etcd and kube-apiserver, and what else is asked for, on free ports of 127.0.0.1. Binaries come from
 * KUBEBUILDER_ASSETS or from the cache, and are built when they are missing.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const say = options.say ?? (() => undefined);
  const wanted: PartName[] = ["etcd", "kube-apiserver", "kubectl"];
  if (options.controllerManager === true) wanted.push("kube-controller-manager");
  if (options.scheduler === true) wanted.push("kube-scheduler");
  if (options.kwok === true) wanted.push("kwok");
  const binaries = new Map<PartName, string>();
  for (const part of wanted) binaries.set(part, await ensurePart(part, say));
  for (let attempt = 1; ; attempt++) {
    const plane = new LocalControlPlane(binaries, options);
    try {
      await plane.start();
      return plane;
    } catch (error) {
      await plane.stop();
      // The usual reason is that somebody took one of the free ports meanwhile.
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

class LocalControlPlane implements ControlPlane {
  readonly dir: string;
  readonly #binaries: ReadonlyMap<PartName, string>;
  readonly #options: ControlPlaneOptions;
  readonly #children = new Map<string, Child>();
  readonly #token = randomBytes(16).toString("hex");
  #ports: readonly number[] = [];
  #tokens = 0;

  constructor(binaries: ReadonlyMap<PartName, string>, options: ControlPlaneOptions) {
    this.#binaries = binaries;
    this.#options = options;
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), "control-plane-"));
    mkdirSync(this.dir, { recursive: true });
  }

  get kubeconfigPath(): string {
    return join(this.dir, "kubeconfig");
  }
  get url(): string {
    return `https://127.0.0.1:${this.#port("apiServer")}`;
  }
  get pids(): readonly number[] {
    return [...this.#children.values()].map(({ pid }) => pid);
  }

  async start(): Promise<void> {
    this.#ports = await freePorts(6);
    this.#writeSecrets();
    this.#startChild("etcd", this.#etcdArgs());
    await this.startApiServer();
    writeFileSync(this.kubeconfigPath, this.#kubeconfig(this.#token), { mode: 0o600 });
    if (this.#binaries.has("kube-controller-manager")) {
      this.#startChild("kube-controller-manager", this.#controllerManagerArgs());
    }
    if (this.#binaries.has("kube-scheduler")) this.#startChild("kube-scheduler", this.#schedulerArgs());
    if (this.#binaries.has("kwok")) this.#startChild("kwok", this.#kwokArgs());
  }

  async startApiServer(): Promise<void> {
    const child = this.#startChild("kube-apiserver", this.#apiServerArgs());
    const deadline = Date.now() + READY_WITHIN_MS;
    let ended = false;
    void child.exited.then(() => (ended = true));
    while (!(await this.#isReady())) {
      if (ended || Date.now() > deadline) {
        throw new Error(`kube-apiserver did not become ready. Its log ends with:\n${tailOf(child.logPath)}`);
      }
      await delay(100);
    }
  }

  async killApiServer(): Promise<void> {
    await this.#children.get("kube-apiserver")?.stop("SIGKILL");
  }

  async stop(): Promise<void> {
    // kube-apiserver lingers on its port once its etcd is gone, so it goes first and at once.
    for (const name of ["kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"]) {
      await this.#children.get(name)?.stop("SIGKILL");
      this.#children.delete(name);
    }
    if (this.#options.dir === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  async compactEtcd(): Promise<void> {
    const range = await this.#callEtcd<{ header: { revision: string } }>("range", { key: toBase64("/") });
    await this.#callEtcd("compaction", { revision: range.header.revision, physical: true });
  }

  async deleteFromEtcd(key: string): Promise<void> {
    const { deleted = "0" } = await this.#callEtcd<{ deleted?: string }>("deleterange", { key: toBase64(key) });
    if (deleted !== "1") throw new Error(`etcd has no ${key}`);
  }

  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const promise = run(this.#binaries.get("kubectl") ?? "kubectl", ["--kubeconfig", this.kubeconfigPath, ...args], {
      maxBuffer: 1 << 28,
    });
    // kubectl closes its input without reading it when it needs none; its exit code says what matters.
    promise.child.stdin?.once("error", () => undefined);
    promise.child.stdin?.end(input ?? "");
    return (await promise).stdout;
  }

  kubeconfigWithToken(token: string): string {
    const path = join(this.dir, `kubeconfig-${++this.#tokens}`);
    writeFileSync(path, this.#kubeconfig(token), { mode: 0o600 });
    return path;
  }

  async #callEtcd<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#port("etcd")}/v3/kv/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  #port(of: "etcd" | "etcdPeer" | "apiServer" | "controllerManager" | "scheduler" | "kwok"): number {
    const names = ["etcd", "etcdPeer", "apiServer", "controllerManager", "scheduler", "kwok"];
    return this.#ports[names.indexOf(of)] ?? 0;
  }

  #startChild(name: PartName, args: readonly string[]): Child {
    const child = startChild({
      command: this.#binaries.get(name) ?? name,
      args,
      logPath: join(this.dir, `${name}.log`),
      cwd: this.dir,
      detached: this.#options.detached ?? false,
    });
    this.#children.set(name, child);
    return child;
  }

  #writeSecrets(): void {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    writeFileSync(join(this.dir, "service-account.key"), privateKey, { mode: 0o600 });
    writeFileSync(join(this.dir, "service-account.pub"), publicKey);
    writeFileSync(join(this.dir, "tokens.csv"), `${this.#token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    writeFileSync(join(this.dir, "audit-policy.yaml"), JSON.stringify(AUDIT_POLICY));
  }

  #kubeconfig(token: string): string {
    const authority = readFileSync(join(this.dir, "certificates", "apiserver.crt")).toString("base64");
    // JSON is YAML: every client reads it.
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "local",
      clusters: [{ name: "local", cluster: { server: this.url, "certificate-authority-data": authority } }],
      users: [{ name: "local", user: { token } }],
      contexts: [{ name: "local", context: { cluster: "local", user: "local" } }],
    });
  }

  #isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = request(
        // The certificate is made by the server that we started; it is trusted from the file afterwards.
        `${this.url}/readyz`,
        { rejectUnauthorized: false, headers: { authorization: `Bearer ${this.#token}` }, timeout: 2_000 },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      );
      probe.once("error", () => resolve(false));
      probe.once("timeout", () => probe.destroy());
      probe.end();
    });
  }

  #etcdArgs(): readonly string[] {
    const client = `http://127.0.0.1:${this.#port("etcd")}`;
    const peer = `http://127.0.0.1:${this.#port("etcdPeer")}`;
    return [
      `--data-dir=${join(this.dir, "etcd")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ];
  }

  #apiServerArgs(): readonly string[] {
    return [
      `--etcd-servers=http://127.0.0.1:${this.#port("etcd")}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${this.#port("apiServer")}`,
      `--cert-dir=${join(this.dir, "certificates")}`,
      `--service-account-key-file=${join(this.dir, "service-account.pub")}`,
      `--service-account-signing-key-file=${join(this.dir, "service-account.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--token-auth-file=${join(this.dir, "tokens.csv")}`,
      "--authorization-mode=RBAC",
      "--service-cluster-ip-range=10.0.0.0/16",
      "--disable-admission-plugins=ServiceAccount",
      // A test that restarts the server should not wait for a lease of the one before.
      "--endpoint-reconciler-type=none",
      ...this.#optionalApiServerArgs(),
    ];
  }

  #optionalApiServerArgs(): readonly string[] {
    const { audit = false, admissionPlugins = [] } = this.#options;
    return [
      ...(audit
        ? [
            `--audit-policy-file=${join(this.dir, "audit-policy.yaml")}`,
            `--audit-log-path=${join(this.dir, "audit.log")}`,
          ]
        : []),
      ...(admissionPlugins.length === 0 ? [] : [`--enable-admission-plugins=${admissionPlugins.join(",")}`]),
    ];
  }

  #controllerManagerArgs(): readonly string[] {
    return [
      `--kubeconfig=${this.kubeconfigPath}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${this.#port("controllerManager")}`,
      "--controllers=*,-nodeipam",
      // kwok renews its nodes now and then only; once they were taken for gone, their pods would stay unready.
      "--node-monitor-grace-period=8760h",
      "--leader-elect=false",
      `--service-account-private-key-file=${join(this.dir, "service-account.key")}`,
    ];
  }

  #schedulerArgs(): readonly string[] {
    return [
      `--kubeconfig=${this.kubeconfigPath}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${this.#port("scheduler")}`,
      "--leader-elect=false",
    ];
  }

  #kwokArgs(): readonly string[] {
    return [
      `--kubeconfig=${this.kubeconfigPath}`,
      "--manage-all-nodes=false",
      "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
      "--cidr=10.244.0.0/16",
      "--node-ip=10.0.0.9",
      `--server-address=127.0.0.1:${this.#port("kwok")}`,
    ];
  }
}

/** As etcd's gateway wants keys. */
function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
