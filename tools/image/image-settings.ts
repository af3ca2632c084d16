import { BUNDLE_ENTRY, BUNDLE_FOLDER } from "./bundle.ts";

/** Where the program is in the image. */
export const PROGRAM_FOLDER = "opt/otel-allocator";
const PROGRAM = `/${PROGRAM_FOLDER}/${BUNDLE_FOLDER}/${BUNDLE_ENTRY}`;
/** Whom the image runs as: nobody in particular, as in the images of distroless. */
export const USER_ID = 65_532;
/** Authorities that are trusted beside those of Node.js; a file of one's own may be mounted in its place. */
export const CERTIFICATES = "etc/ssl/certs/ca-certificates.crt";

/** What a container of the image is started with; the Dockerfile says the same. */
export const IMAGE_SETTINGS = {
  User: `${String(USER_ID)}:${String(USER_ID)}`,
  Env: ["PATH=/usr/bin", `SSL_CERT_FILE=/${CERTIFICATES}`, "NODE_USE_SYSTEM_CA=1", "NODE_ENV=production"],
  // Small and frequent collections of garbage, as in bin/otel-allocator.
  Entrypoint: ["/usr/bin/node", "--max-semi-space-size=4", "--disable-warning=DEP0040", PROGRAM],
  Cmd: ["help"],
  WorkingDir: "/",
} as const;
