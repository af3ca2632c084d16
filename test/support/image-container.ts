import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../../tools/real-parts/child.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { eventually } from "./eventually.ts";

/** How long building and unpacking the image may take in a hook, on a busy machine. */
export const IMAGE_TIMEOUT_MS = 300_000;

/** What the image says about its containers. */
interface ImageConfig {
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
  };
}

interface Descriptor {
  readonly digest: string;
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** One process in a container, from its start to its end. */
interface ContainerRun {
  readonly code: number;
  readonly output: string;
}

/**
 * As a container runtime: the image's files and no others, read-only; beside them what every container gets (/proc, /dev,
 * /etc/hosts, /etc/resolv.conf) and what the test puts in; no new privileges.
 */
const ENTER = `
set -e
root=$1; user=$2; shift 2
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/hosts "$root/etc/hosts"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
mount -o remount,bind,ro "$root"
cd /
exec setpriv --no-new-privs chroot $user "$root" "$@"
`;

/** The image, built as `make image` does and unpacked; its processes run in namespaces of their own. */
export class ImageContainer {
  readonly #dir = mkdtempSync(join(tmpdir(), "image-"));
  readonly #children: Child[] = [];
  #runs = 0;

  get layout(): string {
    return join(this.#dir, "layout");
  }
  /** The container's files, to put others in before something is started. */
  get root(): string {
    return join(this.#dir, "root");
  }

  /** Builds and unpacks. */
  prepare(): void {
    execFileSync(process.execPath, [join(ROOT, "tools/image/main.ts"), "--layout", this.layout]);
    for (const folder of ["proc", "dev", "etc"]) mkdirSync(join(this.root, folder), { recursive: true });
    for (const { digest } of this.layers()) execFileSync("tar", ["-xzf", this.blob(digest), "-C", this.root]);
    for (const file of ["hosts", "resolv.conf"]) writeFileSync(join(this.root, "etc", file), "");
  }

  /** The path of what has a digest. */
  blob(digest: string): string {
    return join(this.layout, "blobs", digest.replace(":", "/"));
  }

  layers(): readonly Descriptor[] {
    return this.#manifest().layers;
  }

  config(): ImageConfig {
    return this.#read(this.#manifest().config.digest) as ImageConfig;
  }

  /** Starts the image's program with arguments. */
  start(args: readonly string[]): Child {
    return this.startCommand([...this.config().config.Entrypoint, ...args]);
  }

  /** Starts any program of the image. */
  startCommand(command: readonly string[]): Child {
    const { Env, User } = this.config().config;
    const isRoot = process.getuid?.() === 0;
    const child = startChild({
      command: "env",
      args: [
        "-i",
        ...Env,
        // What the shell runs is the machine's; the image's own search path is set again for the program.
        "/usr/bin/unshare",
        ...(isRoot ? [] : ["--user", "--map-root-user"]),
        "--mount",
        "/bin/sh",
        "-c",
        `PATH=/usr/sbin:/usr/bin:/sbin:/bin\n${ENTER}`,
        "sh",
        this.root,
        // A user's own namespace has no other accounts in it.
        isRoot ? `--userspec=${User}` : "--skip-chdir",
        ...command,
      ],
      logPath: join(this.#dir, `${String(++this.#runs)}.log`),
    });
    this.#children.push(child);
    return child;
  }

  /** Runs it to its end. */
  async run(args: readonly string[]): Promise<ContainerRun> {
    return this.#toEnd(this.start(args));
  }

  /** Runs a script in the image's own Node.js; resolves with what it printed. */
  async evaluate(script: string): Promise<string> {
    const { code, output } = await this.#toEnd(
      this.startCommand(["/usr/bin/node", "--input-type=module", "-e", script]),
    );
    if (code !== 0) throw new Error(`the script ended with ${String(code)}:\n${output}`);
    return output.trim();
  }

  /** Waits for an answer of 200 of a process that was started. */
  async whenReady(child: Child, url: string): Promise<void> {
    let ended: number | undefined;
    void child.exited.then((code) => (ended = code));
    await eventually(
      async () => {
        const log = readFileSync(child.logPath, "utf8");
        if (ended !== undefined) throw new Error(`it ended with ${String(ended)}:\n${log}`);
        const response = await fetch(url).catch(() => undefined);
        if (response?.status !== 200) throw new Error(`${url}: ${String(response?.status)}\n${log}`);
      },
      { withinMs: 60_000 },
    );
  }

  async stop(): Promise<void> {
    for (const child of this.#children) await child.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #toEnd(child: Child): Promise<ContainerRun> {
    const code = await child.exited;
    const output = readFileSync(child.logPath, "utf8");
    if (/unshare: .*(not permitted|denied)|mount: .*permission denied/i.test(output)) {
      throw new Error(
        "This machine lets nobody make namespaces, so the image cannot be started as a container would start it. Run " +
          `the tests as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1).\n${output}`,
      );
    }
    return { code, output };
  }

  #manifest(): Manifest {
    const index = JSON.parse(readFileSync(join(this.layout, "index.json"), "utf8")) as {
      readonly manifests: readonly [Descriptor];
    };
    return this.#read(index.manifests[0].digest) as Manifest;
  }

  #read(digest: string): unknown {
    return JSON.parse(readFileSync(this.blob(digest), "utf8"));
  }
}
