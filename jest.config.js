/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  injectGlobals: false,
  // A hang ends; a busy machine is no failure.
  testTimeout: 30_000,
  // Modules of tests that have ended stay in memory: without a worker that is replaced now and then it runs full.
  workerIdleMemoryLimit: "1GB",
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2024", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  // client-node is ESM and @dot-i/k8s-operator requires it: loaded first, jest does not take that for a cycle.
  setupFiles: ["<rootDir>/test/support/preload-client-node.ts"],
  modulePathIgnorePatterns: ["<rootDir>/.cache/", "<rootDir>/dist/"],
  coverageProvider: "v8",
  collectCoverageFrom: ["src/**/*.ts"],
};
