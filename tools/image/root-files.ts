import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { BUNDLE_ENTRY, BUNDLE_FOLDER, type Bundle, buildBundle } from "./bundle.ts";
import { CERTIFICATES, PROGRAM_FOLDER, USER_ID } from "./image-settings.ts";
import { collectLicences, packagesOf } from "./licences.ts";
import { copyrightsOf, sharedLibrariesOf } from "./shared-libraries.ts";
import type { ImageFile } from "./tar.ts";

/** Of `kubectl exec POD -- otel-allocator …`; the kernel takes one argument from here. */
const SHEBANG = "#!/usr/bin/node --disable-warning=DEP0040\n";
const ID = String(USER_ID);

/** What changes with Node.js and the machine's C library only: Node.js, libraries, authorities, accounts. */
export function platformFiles(root: string): readonly ImageFile[] {
  const folder = join(root, "node_modules", `node-linux-${process.arch}`);
  const node = join(folder, "bin", "node");
  const libraries = sharedLibrariesOf(node);
  return [
    { kind: "file", path: "usr/bin/node", content: readFileSync(node), executable: true },
    { kind: "file", path: "usr/share/doc/node/copyright", content: readFileSync(join(folder, "LICENSE")) },
    ...libraries.map(({ path, source }): ImageFile => ({
      kind: "file",
      path: path.slice(1),
      content: readFileSync(source),
      executable: true,
    })),
    ...[...copyrightsOf(libraries)].map(([name, text]) => textFile(`usr/share/doc/${name}/copyright`, text)),
    textFile(CERTIFICATES, `${rootCertificates.join("\n")}\n`),
    textFile("etc/passwd", `root:x:0:0:root:/:/none\nnonroot:x:${ID}:${ID}:nonroot:/home/nonroot:/none\n`),
    textFile("etc/group", `root:x:0:\nnonroot:x:${ID}:\n`),
    textFile("etc/nsswitch.conf", "hosts: files dns\n"),
    { kind: "directory", path: "home/nonroot", mode: 0o755 },
    { kind: "directory", path: "tmp", mode: 0o1777 },
  ];
}

/** The program, with the licences of what is bundled into it. */
export async function programFiles(root: string): Promise<readonly ImageFile[]> {
  const bundle = await buildBundle(root);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  return [
    ...bundleFiles(bundle).map(([name, content]): ImageFile => {
      const path = `${PROGRAM_FOLDER}/${BUNDLE_FOLDER}/${name}`;
      return { kind: "file", path, content, executable: name === BUNDLE_ENTRY };
    }),
    { kind: "link", path: "usr/bin/otel-allocator", target: `/${PROGRAM_FOLDER}/${BUNDLE_FOLDER}/${BUNDLE_ENTRY}` },
    textFile(`${PROGRAM_FOLDER}/package.json`, JSON.stringify({ name: "otel-allocator", version, type: "module" })),
    { kind: "file", path: `${PROGRAM_FOLDER}/LICENSE`, content: readFileSync(join(root, "LICENSE")) },
    textFile(`${PROGRAM_FOLDER}/LICENSES-THIRD-PARTY`, collectLicences(root, packagesOf(bundle.sources))),
  ];
}

function bundleFiles({ files }: Bundle): readonly (readonly [string, Uint8Array])[] {
  return [...files].map(([name, content]) => [
    name,
    name === BUNDLE_ENTRY ? Buffer.concat([Buffer.from(SHEBANG), content]) : content,
  ]);
}

function textFile(path: string, text: string): ImageFile {
  return { kind: "file", path, content: Buffer.from(text) };
}
