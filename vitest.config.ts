import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // For what hangs, not for what is slow: on a machine that six others used, a test of 20 s took 70.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Two cores are what CI has; more workers only make the servers wait for each other.
    maxWorkers: 2,
  },
});
