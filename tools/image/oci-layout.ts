import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { IMAGE_SETTINGS } from "./image-settings.ts";
import { type ImageFile, toTar } from "./tar.ts";

const MEDIA = "application/vnd.oci.image";
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Layer {
  readonly descriptor: Descriptor;
  /** Of the archive before it was compressed. */
  readonly diffId: string;
}

/** What {@link writeOciLayout} wrote. */
export interface WrittenImage {
  /** Of the manifest: what `image@sha256:…` means. */
  readonly digest: string;
  /** Bytes of the compressed layers, which is what a node downloads. */
  readonly compressedBytes: number;
}

/**
 * Writes an image as an OCI image layout, one layer for each list of files; the same files give the same digest.
 * Source of the format: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export function writeOciLayout(
  folder: string,
  layers: readonly (readonly ImageFile[])[],
  image: { readonly name: string; readonly version: string },
): WrittenImage {
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
  const written = layers.map((files) => writeLayer(folder, files));
  const labels = {
    "org.opencontainers.image.title": image.name,
    "org.opencontainers.image.version": image.version,
    "org.opencontainers.image.licenses": "Apache-2.0",
  };
  const config = writeBlob(folder, `${MEDIA}.config.v1+json`, {
    architecture: ARCHITECTURES[process.arch],
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: { ...IMAGE_SETTINGS, Labels: labels },
    rootfs: { type: "layers", diff_ids: written.map(({ diffId }) => diffId) },
    history: written.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "tools/image" })),
  });
  const mediaType = `${MEDIA}.manifest.v1+json`;
  const blobs = written.map(({ descriptor }) => descriptor);
  const manifest = writeBlob(folder, mediaType, { schemaVersion: 2, mediaType, config, layers: blobs });
  const annotations = { "org.opencontainers.image.ref.name": image.version };
  const index = { schemaVersion: 2, mediaType: `${MEDIA}.index.v1+json`, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  return { digest: manifest.digest, compressedBytes: blobs.reduce((total, { size }) => total + size, 0) };
}

function writeLayer(folder: string, files: readonly ImageFile[]): Layer {
  const archive = toTar(files);
  const descriptor = writeBlob(folder, `${MEDIA}.layer.v1.tar+gzip`, gzipSync(archive));
  return { descriptor, diffId: digestOf(archive) };
}

function writeBlob(folder: string, mediaType: string, content: unknown): Descriptor {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
  const digest = digestOf(bytes);
  writeFileSync(join(folder, "blobs", digest.replace(":", "/")), bytes);
  return { mediaType, digest, size: bytes.length };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
