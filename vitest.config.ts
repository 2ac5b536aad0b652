// Three projects: `unit` (pure, fast), `integration` (real processes, SQLite files, PostgreSQL), `browser` (real server
// and Debian's Chromium). Run one with `npx vitest run --project unit path/of/file.test.ts`.
import "./scripts/preflight.cjs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/**/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.integration.test.ts", "**/*.browser.test.ts"],
        },
      },
      {
        test: {
          name: "integration",
          include: ["packages/**/*.integration.test.ts", "e2e/**/*.integration.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Real processes with promises about time: they must not take the two cores from each other.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          include: ["e2e/**/*.browser.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
