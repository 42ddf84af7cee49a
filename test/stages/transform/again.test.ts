import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { snapshotOf } from "../stage-files.js";
import { readMapped, transformFolder } from "./mapped.js";
import { peopleOf, readyToMap, towns, townsAndPeople } from "./ready.js";

const ready = () => readyToMap({ files: townsAndPeople, extracts: { towns, people: peopleOf(120) } });

/** Which tables a run mapped, by what it said. */
function mappedBy(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^transform (\S+): \d+ rows? read/gm)].map(([, table]) => table ?? "");
}

it("a second run changes no byte and no mtime, and prints the same paths", async () => {
  const { run, work } = await ready();
  const first = await run();
  const before = await snapshotOf(join(work, "transform"));

  const second = await run();

  expect(second.exitCode).toBe(0);
  expect(second.stderr).toContain("transform people: up to date");
  expect(second.stdout).toBe(first.stdout);
  expect(await snapshotOf(join(work, "transform"))).toEqual(before);
});

it("--force maps again, to the same bytes", async () => {
  const { run, work } = await ready();
  await run();
  const before = contentsOf(await snapshotOf(join(work, "transform")));

  const { stderr } = await run("--force", "--jobs", "4");

  expect(mappedBy(stderr)).toEqual(["towns", "people"]);
  expect(contentsOf(await snapshotOf(join(work, "transform")))).toEqual(before);
});

it("a changed rule maps its table again, and its children only if what they read changed", async () => {
  const { run, write, work } = await ready();
  await run();
  const extracts = await snapshotOf(join(work, "extract"));

  await write("people.yaml", `${townsAndPeople["people.yaml"]}changes: { limit: 5 }\n`);
  const child = await run();
  await write("towns.yaml", townsAndPeople["towns.yaml"]?.replace("lookup:", "trim: true, lookup:") ?? "");
  const parentWithSameRows = await run();
  await write("towns.yaml", "table: towns\nfilter: [{ keep: id <> '4' }]\ncolumns: all\n");
  const parentWithOthers = await run();

  expect(mappedBy(child.stderr)).toEqual(["people"]);
  expect(mappedBy(parentWithSameRows.stderr)).toEqual(["towns"]);
  expect(mappedBy(parentWithOthers.stderr)).toEqual(["towns", "people"]);
  expect(await snapshotOf(join(work, "extract"))).toEqual(extracts);
});

it("a comment, a blank line or another table's lookup maps nothing again", async () => {
  const { run, write } = await ready();
  await run();
  await write("people.yaml", `# Who is who\n\n${townsAndPeople["people.yaml"]}`);
  await write("lookups/unused.csv", "a,b\n1,2\n");

  const { stderr } = await run();

  expect(mappedBy(stderr)).toEqual([]);
});

it("a changed lookup file maps again the tables that use it", async () => {
  const { run, write, work } = await ready();
  await run();
  await write("lookups/towns.csv", "old,new\nBath,Bath Spa\nCork,CORK\nDover,DOVER\nEly,ELY\n");

  const { stderr } = await run();

  expect(mappedBy(stderr)[0]).toBe("towns");
  expect((await readMapped(work, "towns")).output[0]).toEqual(["1", "Bath Spa"]);
});

it("a file that is missing from the result is made again", async () => {
  const { run, work } = await ready();
  await run();
  const before = contentsOf(await snapshotOf(transformFolder(work, "people")));
  await rm(join(transformFolder(work, "people"), "ledger-00000.csv.gz"));

  const { stderr } = await run();

  expect(mappedBy(stderr)).toEqual(["people"]);
  expect(contentsOf(await snapshotOf(transformFolder(work, "people")))).toEqual(before);
});

it("reading identical data again makes nothing stale, whatever its snapshot is called", async () => {
  const { run, extract, work } = await ready();
  await run();
  const before = await snapshotOf(join(work, "transform"));
  await extract("towns", { ...towns, snapshot: "snapshot-2" });
  await extract("people", { ...peopleOf(120), snapshot: "snapshot-2" });

  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(0);
  expect(mappedBy(stderr)).toEqual([]);
  expect(await snapshotOf(join(work, "transform"))).toEqual(before);
});

it("a child is not mapped against a parent that is stale", async () => {
  const { run, write, extract } = await ready();
  await run();

  await write("towns.yaml", "table: towns\ncolumns: all\n");
  const changedRule = await run("people");
  await write("towns.yaml", townsAndPeople["towns.yaml"] ?? "");
  await extract("towns", { ...towns, rows: towns.rows.slice(1) });
  const changedData = await run("people");
  const whole = await run();

  for (const { exitCode, stderr } of [changedRule, changedData]) {
    expect(exitCode).toBe(65);
    expect(stderr).toContain("people: its parent towns is stale");
    expect(stderr).toContain("waybill transform towns");
  }
  expect(mappedBy(whole.stderr)).toEqual(["towns", "people"]);
});

it("more rejects than accepted exit 1, every time, with the result in place", async () => {
  const { run, write, work } = await ready();
  await write("migration.yaml", `${townsAndPeople["migration.yaml"]}acceptance: { rejected: { max_percent: 1 } }\n`);

  const first = await run();
  const before = await snapshotOf(join(work, "transform"));
  const second = await run();

  for (const { exitCode, stderr, stdout } of [first, second]) {
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/people: \d+ of 120 rows were rejected \(\d+\.\d\d %\), more than the accepted 1 %/);
    expect(stdout).toContain("transform/people/manifest.json");
  }
  expect((await readMapped(work, "people")).manifest._waybill.verdict.code).toBe(1);
  expect(await snapshotOf(join(work, "transform"))).toEqual(before);
});

it("--dry-run says what would be mapped and writes nothing", async () => {
  const { run, write, work } = await ready();

  const fresh = await run("--dry-run");
  const after = await snapshotOf(join(work, "extract"));
  const made = Object.keys(await snapshotOf(work)).filter((path) => path.includes("/transform/"));
  await run();
  await write("towns.yaml", "table: towns\ncolumns: all\n");
  const stale = await run("--dry-run");

  expect(fresh.exitCode, fresh.stderr).toBe(0);
  expect(fresh.stderr).toContain("transform towns: would be mapped\n");
  expect(fresh.stderr).toContain("transform people: would be mapped, after towns");
  expect(made).toEqual([]);
  expect(await snapshotOf(join(work, "extract"))).toEqual(after);
  expect(stale.exitCode, stale.stderr).toBe(0);
  expect(stale.stderr).toContain("transform people: would be mapped, after towns");
});

it("--keep-going maps what does not depend on a table that failed", async () => {
  const { run, write } = await ready();
  await write("towns.yaml", "table: towns\ncolumns:\n  id: { sql: 'CAST(name AS INTEGER)' }\n");
  await write("others.yaml", "table: others\nfrom: towns\ncolumns: all\n");

  const { exitCode, stderr } = await run("--keep-going");

  expect(exitCode).toBe(78);
  expect(mappedBy(stderr)).toEqual(["others"]);
  expect(stderr).toContain("people: not tried, since towns failed");
});

function contentsOf(snapshot: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(snapshot).map(([path, file]) => [path, file.slice(file.indexOf(" "))]));
}
