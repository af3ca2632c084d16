// Each folder lists what it may import; everything else is forbidden.
const layers = {
  certificates: [],
  api: [],
  allocator: [],
  observability: [],
  options: ["allocator"],
  kube: ["api"],
  http: ["allocator", "options", "observability"],
  discovery: ["allocator", "kube", "api", "observability"],
  "prometheus-cr": ["allocator", "kube", "api", "observability"],
  pipeline: ["discovery", "prometheus-cr", "allocator", "kube", "options", "observability", "api"],
  controllers: ["kube", "api", "observability", "certificates"],
  webhooks: ["kube", "api", "observability", "certificates"],
  commands: [
    "webhooks",
    "certificates",
    "controllers",
    "pipeline",
    "prometheus-cr",
    "discovery",
    "http",
    "allocator",
    "kube",
    "options",
    "observability",
    "api",
  ],
};
const within = (names) => `^src/(${names.join("|")})/`;
const onlyIn = (folder, pkg) => ({
  name: `${pkg}-stays-in-its-folder`,
  severity: "error",
  from: { path: "^src/", pathNot: `^src/(${folder})/` },
  to: { path: `node_modules/(${pkg})/` },
});

export default {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([name, allowed]) => ({
      name: `layer-${name}`,
      severity: "error",
      from: { path: `^src/${name}/` },
      to: { path: "^src/", pathNot: within([name, ...allowed]) },
    })),
    {
      name: "engine-has-no-side-doors",
      severity: "error",
      from: { path: "^src/allocator/" },
      to: {
        dependencyTypes: ["npm", "npm-dev", "core"],
        pathNot: ["^(node:)?crypto$", "node_modules/(re2js|xxhash-wasm)/"],
      },
    },
    {
      name: "enter-by-the-front-door",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(allocator|controllers)/" },
      to: { path: "^src/(allocator|controllers)/", pathNot: "^src/(allocator|controllers)/index\\.ts$" },
    },
    {
      name: "adapters-are-wired-in-commands",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(commands|kube/client-node|kube/in-memory|observability)/" },
      to: { path: "^src/(kube/client-node/|kube/in-memory/|observability/winston-logger\\.ts)" },
    },
    onlyIn("kube/client-node", "@kubernetes/client-node|@dot-i/k8s-operator"),
    onlyIn("http", "express"),
    onlyIn("observability", "winston"),
    onlyIn("certificates", "@peculiar|reflect-metadata"),
    // Large, and loaded only when a job needs them.
    onlyIn("discovery/aws", "@aws-sdk|@smithy"),
    onlyIn("discovery/azure", "@azure"),
    onlyIn("discovery/gce", "google-auth-library"),
    {
      name: "builders-do-no-io",
      severity: "error",
      from: { path: "^src/controllers/(manifests/|[^/]+/build)" },
      to: { path: "^src/(kube|observability)/|node_modules" },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { path: "^src/", orphan: true, pathNot: "\\.d\\.ts$|^src/main\\.ts$" },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    parser: "swc",
    tsConfig: { fileName: "tsconfig.json" },
    // "esnext" keeps node: built-ins resolvable; .ts specifiers are written out.
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
