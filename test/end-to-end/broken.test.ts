import { spawnSync } from "node:child_process";
import { cp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runProgram } from "../support/program.js";
import { temporaryFolder } from "../support/work.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("an error that nobody awaits exits 70 with its stack, never 1, which says that the data differs", async () => {
  // Thrown as soon as the program has begun, outside of everything it awaits.
  const planted = `data:text/javascript,${encodeURIComponent(
    "process.on('newListener', (name) => name === 'SIGTERM' && setTimeout(() => { throw new Error('planted'); }))",
  )}`;
  const folder = await temporaryFolder();

  const result = await runProgram("extract", ["-w", folder, "-m", join(root, "mappings/relief")], {
    env: { NODE_OPTIONS: `--import=${planted}`, WAYBILL_SOURCE_URL: "postgres://127.0.0.1:1/x" },
  });

  expect(result.exitCode, result.stderr).toBe(70);
  expect(result.stderr).toContain("Error: planted");
});

it("a file of Waybill's own that is missing exits 70, never 1", async () => {
  const folder = await temporaryFolder();
  await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(folder, "package.json"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await rm(join(folder, "dist/lib/chunks"), { recursive: true });

  const result = spawnSync(process.execPath, [join(folder, "dist/stages/waybill.js"), "extract"], { encoding: "utf8" });

  expect(result.status, result.stderr).toBe(70);
  expect(result.stderr).toContain("install and build it again");
});
