import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendLog } from "../../../lib/files/log-file.js";
import { emptyStageFolder, inStageFolder } from "../../../lib/files/stage-folder.js";
import { temporaryFolder } from "../../support/work.js";

it("lets one run in at a time, and is free again when the work failed", async () => {
  const folder = join(await temporaryFolder(), "extract", "people");
  let second: unknown;

  await inStageFolder(folder, process.pid, async () => {
    second = await inStageFolder(folder, process.pid, async () => "both").catch((error: unknown) => error);
  });
  await inStageFolder(folder, process.pid, () => Promise.reject(new Error("failed"))).catch(() => {});

  expect(second).toMatchObject({ kind: "temporary" });
  expect(await inStageFolder(folder, process.pid, async () => "free")).toBe("free");
});

it("takes an old result away, its leftovers too, but not the lock that is held", async () => {
  const folder = join(await temporaryFolder(), "extract", "people");
  await mkdir(join(folder, ".spill"), { recursive: true });
  for (const name of ["manifest.json", "SHA256SUMS", "part-00000.csv.gz", ".part-00001.csv.gz.draft"])
    await writeFile(join(folder, name), "");

  await inStageFolder(folder, process.pid, async () => {
    await emptyStageFolder(folder);
    expect(await readdir(folder)).toEqual([".lock"]);
  });
});

it("appends events to the log as whole lines", async () => {
  const folder = await temporaryFolder();

  appendLog(folder, { event: "b", text: "two\nlines" });
  appendLog(folder, { event: "a" });

  expect(await readFile(join(folder, "log.jsonl"), "utf8")).toBe('{"event":"b","text":"two\\nlines"}\n{"event":"a"}\n');
});
