import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { rootCertificates } from "node:tls";
import { type LoadedKubeConfig, loadKubeConfig } from "../../../src/kube/client-node/kube-config.ts";
import { KubeConfigError } from "../../../src/kube/errors.ts";
import { errorStack } from "../../../src/observability/error-text.ts";
import { withEnvironment } from "../../support/environment.ts";
import { KubeconfigFolder } from "../../support/kubeconfig-file.ts";

let folder: KubeconfigFolder;
beforeEach(() => {
  folder = new KubeconfigFolder();
});
afterEach(() => folder.remove());

const failure = (load: () => unknown): KubeConfigError => {
  try {
    load();
  } catch (error) {
    if (error instanceof KubeConfigError) return error;
    throw error;
  }
  throw new Error("nothing was wrong");
};

const inCluster = (options: Parameters<typeof loadKubeConfig>[0] = {}): Promise<LoadedKubeConfig> =>
  withEnvironment({ KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" }, () =>
    loadKubeConfig({ serviceAccountRoot: folder.path, ...options }),
  );

const mountServiceAccount = (): void => {
  const mount = join("var", "run", "secrets", "kubernetes.io", "serviceaccount");
  mkdirSync(join(folder.path, mount), { recursive: true });
  folder.write(join(mount, "token"), "secret");
  folder.write(join(mount, "namespace"), "shop\n");
  folder.write(join(mount, "ca.crt"), rootCertificates[0] ?? "");
};

describe("a kubeconfig file", () => {
  it("says where the server is and which namespace is meant", () => {
    const kubeconfigPath = folder.kubeconfig({ cluster: { server: "https://api.example/" }, namespace: "shop" });
    expect(loadKubeConfig({ kubeconfigPath })).toMatchObject({ server: "https://api.example", namespace: "shop" });
  });

  it("means the namespace default when it names none", () => {
    expect(loadKubeConfig({ kubeconfigPath: folder.kubeconfig({}) }).namespace).toBe("default");
  });

  it("may leave the user out", () => {
    const kubeconfigPath = folder.write(
      "anonymous",
      JSON.stringify({
        "current-context": "a",
        clusters: [{ name: "c", cluster: { server: "https://api.example" } }],
        contexts: [{ name: "a", context: { cluster: "c" } }],
      }),
    );
    expect(loadKubeConfig({ kubeconfigPath }).kubeConfig.getCurrentUser()).toMatchObject({ name: "anonymous" });
  });

  it("is read with another context when one is given", () => {
    const kubeconfigPath = folder.write(
      "two",
      JSON.stringify({
        "current-context": "one",
        clusters: ["one", "two"].map((name) => ({ name, cluster: { server: `https://${name}.example` } })),
        users: [{ name: "user", user: {} }],
        contexts: ["one", "two"].map((name) => ({ name, context: { cluster: name, user: "user" } })),
      }),
    );
    expect(loadKubeConfig({ kubeconfigPath, context: "two" }).server).toBe("https://two.example");
    expect(failure(() => loadKubeConfig({ kubeconfigPath, context: "three" })).message).toBe(
      `kubeconfig ${kubeconfigPath} has no context "three"; give one of: one, two`,
    );
  });

  it.each<{ name: string; content: string; want: string }>([
    { name: "is empty", content: " \n", want: "the file is empty" },
    { name: "is nothing but a comment", content: "# later\n", want: "the file is empty" },
    {
      name: "is no YAML",
      content: "users:\n  - {name: u, user: {token: 1}\n",
      want: "cannot be used: line 3, column 1: not YAML: ",
    },
    { name: "is a list", content: "[clusters]", want: "it is no kubeconfig: it must be a mapping with clusters" },
    {
      name: "has a cluster without server",
      content: "clusters: [{name: c, cluster: {}}]",
      want: "clusters[0].cluster.server is missing",
    },
    {
      name: "names no context",
      content: "contexts: [{name: here, context: {cluster: c}}]",
      want: "names no current-context; set it to one of: here",
    },
    { name: "has no contexts", content: "clusters: []", want: "has no contexts: it is no kubeconfig, or an empty one" },
    {
      name: "names a context that it does not have",
      content: "current-context: gone\ncontexts: [{name: here, context: {cluster: c}}]",
      want: 'has no context "gone"; set current-context to one of: here',
    },
    {
      name: "names a cluster that it does not have",
      content: "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]",
      want: 'there is no cluster "c". Add it under clusters',
    },
    {
      name: "names a user that it does not have",
      content:
        "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://x'}}]",
      want: 'there is no user "u". Add it under users',
    },
  ])("that $name is an error that names the file", ({ content, want }) => {
    const kubeconfigPath = folder.write("broken", content);
    const { message, code } = failure(() => loadKubeConfig({ kubeconfigPath }));
    expect(message).toContain(kubeconfigPath);
    expect(message).toContain(want);
    expect(code).toBe("KUBECONFIG_INVALID");
  });

  it("that is a directory is an error that says so", () => {
    expect(failure(() => loadKubeConfig({ kubeconfigPath: folder.path })).message).toMatch(/cannot be used: EISDIR/);
  });

  it.each(["users:\n - {name: u, user: {token: hunter2}\n", "users:\n - hunter2\n- hunter2: ]", "token: *hunter2"])(
    "that is broken (%j) is not quoted in the error: there are secrets in it",
    (content) => {
      const error = failure(() => loadKubeConfig({ kubeconfigPath: folder.write("broken", content) }));
      expect(errorStack(error)).not.toContain("hunter2");
    },
  );

  it.each<{ name: string; content: Parameters<KubeconfigFolder["kubeconfig"]>[0]; want: string }>([
    {
      name: "a server that is no URL",
      content: { cluster: { server: "api.example:x y" } },
      want: "is no http or https URL",
    },
    {
      name: "a password in the server's URL, which is not shown",
      content: { cluster: { server: "https://user:hunter2@api.example" } },
      want: "cannot be used: server has a user name in its URL; write credentials under users",
    },
    {
      name: "a certificate authority that does not exist",
      content: { cluster: { "certificate-authority": "gone.crt" } },
      want: "gone.crt cannot be read",
    },
    {
      name: "a certificate authority that is none",
      content: { cluster: { "certificate-authority-data": "bm8gY2VydGlmaWNhdGU=" } },
      want: "certificate-authority is no PEM certificate",
    },
    {
      name: "a client certificate that is none",
      content: { user: { "client-certificate-data": "bm8=", "client-key-data": "bm8=" } },
      want: "client-certificate and client-key are no PEM pair",
    },
  ])("with $name is an error that says so", ({ content, want }) => {
    const kubeconfigPath = folder.kubeconfig(content);
    const { message } = failure(() => loadKubeConfig({ kubeconfigPath }));
    expect(message).toContain(`kubeconfig ${kubeconfigPath}, context "test", cannot be used: `);
    expect(message).toContain(want);
  });
});

describe("a list of kubeconfig files", () => {
  it("passes over files that do not exist, and the first that says something wins", () => {
    const first = folder.kubeconfig({ cluster: { server: "https://first.example" } }, "first");
    const second = folder.kubeconfig({ cluster: { server: "https://second.example" } }, "second");
    const kubeconfigPath = [join(folder.path, "gone"), first, second].join(delimiter);
    expect(loadKubeConfig({ kubeconfigPath }).server).toBe("https://first.example");
  });

  it("of which none exists is an error that names them, and what to do", () => {
    const paths = [join(folder.path, "a"), join(folder.path, "b")];
    expect(failure(() => loadKubeConfig({ kubeconfigPath: paths.join(delimiter) })).message).toBe(
      `kubeconfig ${paths.join(", ")} does not exist; give the path of one that does, or none at all in a pod`,
    );
  });
});

describe("the service account of a pod", () => {
  it("is used when no file is given", async () => {
    mountServiceAccount();
    await expect(inCluster()).resolves.toMatchObject({ server: "https://10.0.0.1:443", namespace: "shop" });
  });

  it("is used for a file that does not exist, where that is wanted", async () => {
    mountServiceAccount();
    const options = { kubeconfigPath: join(folder.path, "gone"), whenMissing: "in-cluster" } as const;
    await expect(inCluster(options)).resolves.toMatchObject({ server: "https://10.0.0.1:443" });
  });

  it("is missed where there is none for a file that does not exist, which is named", async () => {
    const options = { kubeconfigPath: "/gone/config", whenMissing: "in-cluster", setBy: "--kubeconfig" } as const;
    await expect(inCluster(options)).rejects.toThrow(
      /^kubeconfig \/gone\/config does not exist, and this is no pod .*; give the path of one that does with --kubeconfig$/,
    );
  });

  it("is missed where there is none", async () => {
    await expect(inCluster()).rejects.toThrow("no kubeconfig is given, and this is no pod with a service account");
    await expect(
      withEnvironment({ KUBERNETES_SERVICE_HOST: undefined, KUBERNETES_SERVICE_PORT: undefined }, () =>
        loadKubeConfig(),
      ),
    ).rejects.toBeInstanceOf(KubeConfigError);
  });
});
