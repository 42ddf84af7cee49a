import { execFile } from "node:child_process";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  filesStand,
  readManifest,
  removeManifest,
  requireManifest,
  verifyFile,
  writeManifest,
} from "../../../lib/files/manifest-file.js";
import { sha256 } from "../../../lib/model/hash.js";
import { buildManifest, type Manifest } from "../../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { temporaryFolder } from "../../support/work.js";
import { writeRows } from "./written-part.js";

/** A stage's folder with two small parts and their manifest, as an extract leaves it. */
async function stageFolder(): Promise<{ readonly folder: string; readonly manifest: Manifest }> {
  const folder = await temporaryFolder();
  const resources = [];
  for (const path of ["part-00000.csv.gz", "part-00001.csv.gz"]) {
    const file = await writeRows(join(folder, path), [["1", path]]);
    resources.push(resourceOf(file, { path, role: "part", fields: [fieldOf({ name: "c0", type: "string" })] }));
  }
  const manifest = buildManifest(resources, {
    stage: "extract",
    subject: "people",
    migration: "TEST-1",
    fingerprint: sha256("specification"),
    inputs: [],
    snapshots: [],
    counts: { read: 2 },
    checksum: null,
    verdict: { code: 0, reasons: [] },
    tool: {},
    details: {},
  });
  await writeManifest(folder, manifest);
  return { folder, manifest };
}

it("finds any single flipped bit in a part, naming file and command", async () => {
  const { folder, manifest } = await stageFolder();
  const [part] = manifest.resources;
  if (part === undefined) throw new Error("no part");
  const path = join(folder, part.path);
  const whole = await readFile(path);

  await fc.assert(
    fc.asyncProperty(fc.nat(8 * whole.length - 1), async (bit) => {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(path, flipped);
      await expect(verifyFile(folder, part, "waybill extract people --force")).rejects.toMatchObject({
        kind: "integrity",
        message: expect.stringContaining(path),
        hint: expect.stringContaining("waybill extract people --force"),
      });
    }),
    { numRuns: 200 },
  );
  await writeFile(path, whole);
  await verifyFile(folder, part, "");
});

it("finds a part cut off, appended to, gone, replaced by another or by a link", async () => {
  const { folder, manifest } = await stageFolder();
  const [part, other] = manifest.resources;
  if (part === undefined || other === undefined) throw new Error("no part");
  const path = join(folder, part.path);
  const whole = await readFile(path);
  const refused = (found: string) =>
    expect(verifyFile(folder, part, "")).rejects.toMatchObject({
      kind: "integrity",
      message: expect.stringContaining(found),
    });

  await writeFile(path, whole.subarray(0, -1));
  await refused(`promises ${whole.length} bytes, it holds ${whole.length - 1}`);
  await writeFile(path, Buffer.concat([whole, Buffer.alloc(8)]));
  await refused(`it holds ${whole.length + 8}`);
  await writeFile(path, await readFile(join(folder, other.path)));
  await refused(path);
  await rm(path);
  await refused("is gone");
  expect(await filesStand(folder, manifest)).toBe(false);
  await symlink(join(folder, other.path), path);
  await refused("is gone");
});

it("writes checksums that sha256sum -c takes", async () => {
  const { folder } = await stageFolder();

  const { stdout } = await promisify(execFile)("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: folder });

  expect(stdout).toBe("part-00000.csv.gz: OK\npart-00001.csv.gz: OK\n");
});

it("says 66 and the command where there is no manifest, 65 where it was changed", async () => {
  const { folder } = await stageFolder();
  const path = join(folder, "manifest.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"read": 2', '"read": 3'));

  await expect(readManifest(folder)).rejects.toMatchObject({
    kind: "integrity",
    message: expect.stringContaining(path),
  });
  await removeManifest(folder);
  await expect(requireManifest(folder, "waybill extract people")).rejects.toMatchObject({
    kind: "missing",
    hint: "run it first: waybill extract people",
  });
  expect(await readManifest(folder)).toBeUndefined();
});
