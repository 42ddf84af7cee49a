import { execFileSync } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { rejectionReason } from "../../../lib/steps/authoring.js";
import { temporaryFolder } from "../../support/work.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The package as it is published, put where `npm install` would put it. */
async function installed(): Promise<string> {
  const folder = await temporaryFolder();
  const place = join(folder, "node_modules", "waybill");
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files }] = JSON.parse(packed) as [{ readonly files: readonly { readonly path: string }[] }];
  for (const { path } of files.filter((file) => /^package\.json$|^dist\/lib\/steps\//.test(file.path))) {
    await mkdir(dirname(join(place, path)), { recursive: true });
    await cp(join(root, path), join(place, path));
  }
  return folder;
}

it('"waybill/steps" of the installed package gives an author reject, and TypeScript its types', async () => {
  const folder = await installed();
  await writeFile(join(folder, "step.mjs"), `export { reject } from "waybill/steps";`);
  await writeFile(
    join(folder, "step.mts"),
    `import { type RowStep, reject } from "waybill/steps";
     export const step: RowStep = (row) => (row["name"] === null ? reject("no name") : { score: "1" });`,
  );

  const { reject } = await import(pathToFileURL(join(folder, "step.mjs")).href);
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--types", "", "step.mts"];

  expect(rejectionReason(reject("too old"))).toBe("too old");
  expect(() => execFileSync(tsc, options, { cwd: folder, stdio: "pipe" })).not.toThrow();
});
