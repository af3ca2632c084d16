import config from "./jest.config.js";

/**
 * The tests of the engine, measured. Istanbul counts statements and branches, where V8 would count every line of a
 * comment as a covered one and every file of types as an uncovered one.
 *
 * @type {import("jest").Config}
 */
export default {
  ...config,
  testMatch: ["<rootDir>/test/allocator/**/*.test.ts"],
  // Counting costs time, and machines have other things to do.
  testTimeout: 120_000,
  collectCoverage: true,
  coverageProvider: "babel",
  collectCoverageFrom: ["src/allocator/**/*.ts"],
  coverageReporters: ["text-summary"],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
};
