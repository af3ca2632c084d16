/**
 * Builds the image without a container engine: `node tools/image/main.ts [--layout DIR]` writes it as an OCI image layout,
 * by default into .cache/dist/image; `--root DIR` writes its files below a directory instead, which is what the
 * Dockerfile does.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeOciLayout } from "./oci-layout.ts";
import { writeRootDirectory } from "./root-directory.ts";
import { platformFiles, programFiles } from "./root-files.ts";

const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: { layout: { type: "string", default: join(root, ".cache/dist/image") }, root: { type: "string" } },
});
const layers = [platformFiles(root), await programFiles(root)];
if (values.root === undefined) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  rmSync(values.layout, { recursive: true, force: true });
  const { digest, compressedBytes } = writeOciLayout(values.layout, layers, { name: "otel-allocator", version });
  console.log(`otel-allocator:${version} ${digest}, ${(compressedBytes / 2 ** 20).toFixed(1)} MiB compressed`);
  console.log(
    `in ${values.layout}; to a registry with: skopeo copy oci:${values.layout}:${version} docker://REGISTRY/NAME`,
  );
} else {
  writeRootDirectory(values.root, layers.flat());
}
