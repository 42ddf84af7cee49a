import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { snapshotOf } from "../stage-files.js";
import { transformFolder } from "./mapped.js";
import { peopleOf, readyToMap, towns, townsAndPeople } from "./ready.js";

it("a transform killed at any moment and run again ends in the same bytes, with nothing left lying about", async () => {
  const options = { files: townsAndPeople, extracts: { towns, people: peopleOf(30_000) } };
  const undisturbed = await readyToMap(options);
  const startedMs = performance.now();
  await undisturbed.run();
  const wholeMs = performance.now() - startedMs;
  const wanted = contentsOf(undisturbed.work, await snapshotOf(join(undisturbed.work, "transform")));
  const { start, run, work } = await readyToMap(options);

  for (const share of [0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97]) {
    const { child, result } = start("--force");
    await pause(wholeMs * share);
    child.kill("SIGKILL");
    await result;
  }
  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(0);
  expect(contentsOf(work, await snapshotOf(join(work, "transform")))).toEqual(wanted);
  expect((await readdir(transformFolder(work, "people"))).filter((name) => name.startsWith("."))).toEqual([]);
});

it("two transforms of one table at once: the second exits 75 and says who holds it", async () => {
  const { start, run } = await readyToMap({ files: townsAndPeople, extracts: { towns, people: peopleOf(60_000) } });
  await run("towns");

  const ends = await Promise.all([start("people").result, start("people").result]);

  expect(ends.map(({ exitCode }) => exitCode).sort()).toEqual([0, 75]);
  expect(ends.map(({ stderr }) => stderr).join()).toMatch(/is in use by process \d+ on/);
});

it("nobody else can read what transform wrote", async () => {
  const { run, work } = await readyToMap({ files: townsAndPeople, extracts: { towns, people: peopleOf(10) } });

  await run();

  const entries = await readdir(join(work, "transform"), { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const { mode } = await stat(join(entry.parentPath, entry.name));
    expect((mode & 0o777).toString(8), entry.name).toBe(entry.isDirectory() ? "700" : "600");
  }
});

/** Bytes by path below the work directory: times differ between two runs. */
function contentsOf(work: string, snapshot: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(snapshot);
  return Object.fromEntries(entries.map(([path, file]) => [path.slice(work.length), file.slice(file.indexOf(" "))]));
}
