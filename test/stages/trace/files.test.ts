import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import { runProgram } from "../../support/program.js";
import { createFolder, temporaryFolder } from "../../support/work.js";
import { manifestIn, snapshotOf, textOf } from "../stage-files.js";
import { columnsNamed, type Row } from "../transform/extracted.js";
import { readMapped } from "../transform/mapped.js";
import { type Ready, readyToMap } from "../transform/ready.js";
import { type Story, traced } from "./traced.js";

const people = `table: people
filter:
  - { keep: "left_on IS NULL", because: who left is not moved }
columns:
  key: { uuid5: [id] }
  id: id
  name: { from: name, trim: true, required: true, because: blanks are typing errors }
  town: { from: town, map: { a: A, b: A, c: C, z: Z }, otherwise: "?", flag: odd }
  odd: { flagged: true }
dedupe: { by: [id], keep: latest, order: [changed], because: the last word counts }
expect:
  - relationships: { column: town, to: towns.id, otherwise: reject }
`;
const towns = `table: towns\ncolumns: { id: { from: id, map: { a: A, b: B } } }\n`;
const badges = `table: badges\nfrom: people\ncolumns: { id: id }\n`;

const rows: readonly Row[] = [
  ["1", " Ada\nLovelace ", "a", "1", null],
  ["2", "Bob", "a", "1", null],
  ["2", "Bob ", "a", "2", null],
  ["3", "  ", "a", "1", null],
  ["4", "Dan", "c", "1", null],
  ["5", 'Eve, "E"', "a", "1", "2020-01-01"],
  ["6", "\\N", "b", "1", null],
  ["6", "\\N", "b", "1", null],
  ["7", "Fay", "b", "3", null],
];

const files = {
  "migration.yaml": "migration: TEST-1\nextracts: { people: { key: [id] }, towns: { key: [id] } }\n",
  "people.yaml": people,
  "badges.yaml": badges,
  "towns.yaml": towns,
};
const extracts = {
  people: {
    columns: columnsNamed(["id", "name", "town", "changed", "left_on"], { id: "integer" }),
    rows,
    key: ["id"],
    partRows: 4,
  },
  towns: { columns: columnsNamed(["id"]), rows: [["a"], ["b"]], key: ["id"] },
};

async function mapped(within: string, more: Readonly<Record<string, string>> = {}): Promise<Ready> {
  const ready = await readyToMap({ within, files: { ...files, ...more }, extracts });
  const { exitCode, stderr } = await ready.run();
  expect(exitCode, stderr).toBe(0);
  return ready;
}

let ready: Ready;
const placesOf = (one: Ready) => ["--no-target", "-m", one.migration, "-w", one.work];
const trace = (key: string, ...words: readonly string[]) => traced("people", key, ...words, ...placesOf(ready));
const told = async (key: string) => (await runProgram("trace", ["people", "--key", key, ...placesOf(ready)])).stdout;

/** The row that stands in a file where a story says, found by its line alone. */
async function rowAt(work: string, { file, line }: Story): Promise<readonly CsvValue[] | undefined> {
  const lines = (await textOf(join(work, file))).split("\n");
  return parseRows(`${lines.slice(line - 1).join("\n")}`)[0];
}

beforeAll(async () => {
  const place = await createFolder();
  ready = await mapped(place.folder);
  return place.remove;
});

describe("trace, of a row that was written,", () => {
  it("names file, row and line at which it was read, ledgered and written, though values hold line feeds", async () => {
    for (const key of ["1", "2", "7"]) {
      const story = (await trace(key)).rows.at(-1);

      expect(story).toMatchObject({ disposition: "written", key, extract: "people", matched: ["source key"] });
      expect((await rowAt(ready.work, story.read))?.slice(0, -1)).toEqual(Object.values(story.source));
      expect((await rowAt(ready.work, story.ledger))?.[1]).toBe(key);
      expect(await rowAt(ready.work, story.written)).toEqual(Object.values(story.row));
    }
    expect((await trace("2")).rows.at(-1).read).toEqual({ file: "extract/people/part-00000.csv.gz", row: 3, line: 5 });
  });

  it("tells each rule's effect, before and after, with its business rule", async () => {
    const { rows } = await trace("1");
    const text = await told("1");

    const { output } = await readMapped(ready.work, "people");
    expect(Object.values(rows[0].row)).toEqual(output[0]);
    expect(rows[0].columns[2]).toMatchObject({
      because: "blanks are typing errors",
      steps: [{ rule: "name.trim", before: " Ada\nLovelace ", after: "Ada\nLovelace" }],
      value: "Ada\nLovelace",
    });
    expect(rows[0]).toMatchObject({ rulesFrom: "rules", disagrees: [] });
    expect(text).toContain('name: from name: " Ada\\nLovelace " — because blanks are typing errors');
    expect(text).toContain("It was written as transform/people/part-00000.csv.gz, row 1, line 2:");
  });

  it("finds it by its target's key as well", async () => {
    const uuid = (await trace("1")).rows[0].row.key;

    const { rows } = await trace(uuid);
    const named = await trace(`key=${uuid}`);

    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ key: "1", matched: ["target key"], targetKey: uuid });
    expect(named.rows).toEqual(rows);
    expect((await trace("id=1")).rows[0]).toMatchObject({ key: "1", matched: ["source key"] });
  });

  it("names the manifests on the way with their hashes, and the tables made from the same rows", async () => {
    const { document } = await trace("1");

    const { _waybill } = await manifestIn(join(ready.work, "transform/people"));
    expect(document.manifests[1]).toMatchObject({
      path: "transform/people/manifest.json",
      outputHash: _waybill.outputHash,
      digest: _waybill.digest,
      state: "done",
    });
    expect(document).toMatchObject({
      format: { name: "waybill-trace", version: 1 },
      migration: "TEST-1",
      table: "people",
      others: ["badges"],
    });
  });
});

describe("trace, of a row that was not written,", () => {
  it("names the filter that left it out, and why", async () => {
    const { rows } = await trace("5");

    expect(rows[0]).toMatchObject({
      disposition: "filtered",
      rule: "filter[0]",
      because: "who left is not moved",
      written: null,
      load: { kind: "not written" },
    });
    expect(rows[0].source.name).toBe('Eve, "E"');
    expect(await told("5")).toContain("It is left out by filter[0] — because who left is not moved.");
  });

  it("names the rule that rejected it and the reason, its parent's absence too", async () => {
    const [nameless, orphan] = [(await trace("3")).rows[0], (await trace("4")).rows[0]];

    expect(nameless).toMatchObject({
      disposition: "rejected",
      rule: "name.required",
      reason: "name is required, and is NULL or empty",
      because: "blanks are typing errors",
    });
    expect(orphan).toMatchObject({ disposition: "rejected", rule: "relationship:town" });
    expect(orphan.reason).toContain("no parent in towns");
    expect(orphan.ledger.file).toBe("transform/people/ledger-00001.csv.gz");
  });

  it("names the winner of a duplicate and how to ask for its story; the winner names whom it won over", async () => {
    const { rows } = await trace("2");
    const text = await told("2");

    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      disposition: "deduplicated",
      occurrence: "1",
      because: "the last word counts",
      winner: { extract: "people", key: "2", occurrence: "2", targetKey: rows[1].targetKey },
    });
    expect(rows[1]).toMatchObject({ disposition: "written", losers: [{ key: "2", occurrence: "1" }] });
    expect(text).toContain('It is a duplicate, and loses to the key "2", occurrence 2 — because the last word counts.');
    expect(text).toContain("its story: waybill trace people --key 2 -m");
  });

  it("tells rows apart that are equal in everything", async () => {
    const { rows } = await trace("6");

    expect(rows.map(({ occurrence, disposition }) => [occurrence, disposition])).toEqual([
      ["1", "written"],
      ["2", "deduplicated"],
    ]);
    expect(rows[0].source.name).toBe("\\N");
  });
});

describe("trace", () => {
  it("tells of every row the same story with a full ledger and with one of exceptions", async () => {
    const other = await mapped(await temporaryFolder(), { "people.yaml": `${people}ledger: exceptions\n` });
    const fields = ["read", "written", "row", "columns", "disposition", "winner", "losers", "targetKey", "occurrence"];
    const essence = (stories: readonly Story[]) =>
      stories.map((story) => fields.map((field) => story[field]).map((value) => JSON.stringify(value)));

    for (const key of ["1", "2", "4", "6"]) {
      const full = (await trace(key)).rows;
      const lean = (await traced("people", key, ...placesOf(other))).rows;
      expect(essence(lean.map((row) => ({ ...row, targetKey: row.targetKey ?? null })))).toEqual(essence(full));
      const uuid = full.at(-1).targetKey;
      expect((await traced("people", uuid, ...placesOf(other))).rows.map(({ key }) => key)).toContain(key);
    }
    // Without the extract, a row of which the ledger is silent has its target key and no other name.
    const { targetKey, row } = (await trace("1")).rows[0];
    await rm(join(other.work, "extract/people"), { recursive: true });
    expect((await traced("people", targetKey, ...placesOf(other))).rows).toMatchObject([
      { key: null, read: null, row },
    ]);
  });

  it("says 66 for a key that no row has, and what was searched; 64 for columns that are no key", async () => {
    const [none, wrong] = [await trace("99"), await trace("a=1,b=2")];

    expect(none).toMatchObject({ exitCode: 66, stdout: "" });
    expect(none.stderr).toContain(
      "people: no row has the key 99, as id (in people) or key (in the target), in the extract people and its transform",
    );
    expect(none.stderr).toContain("waybill inspect people --ledger");
    expect(wrong).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--key names a, b") });
    expect(await runProgram("trace", ["people", ...placesOf(ready)])).toMatchObject({ exitCode: 64 });
  });

  it("needs no transform to say how a row was read", async () => {
    const early = await mapped(await temporaryFolder());
    await rm(join(early.work, "transform"), { recursive: true });

    const { rows, exitCode } = await traced("people", "2", ...placesOf(early));
    const none = await traced("people", "nobody", ...placesOf(early));

    expect(exitCode).toBe(0);
    expect(rows.map(({ disposition, occurrence, read }) => [disposition, occurrence, read.row])).toEqual([
      [null, "1", 2],
      [null, "2", 3],
    ]);
    expect(none).toMatchObject({
      exitCode: 66,
      stderr: expect.stringContaining("transform it first: waybill transform people"),
    });
  });

  it("tells what happened by the rules that ran, not by those of today", async () => {
    const then = await mapped(await temporaryFolder());
    await then.write("people.yaml", people.replace("trim: true", "upper: true"));

    // A stage keeps the specification it ran with; here only transform has run.
    const { rows } = await traced("people", "1", ...placesOf(then));

    expect(rows[0]).toMatchObject({ rulesFrom: "rules", disagrees: [] });
    expect(rows[0].columns[2].steps).toMatchObject([{ rule: "name.trim", after: "Ada\nLovelace" }]);
  });

  it("takes the change log's word where rules or extract are gone, and says why", async () => {
    const gone = await mapped(await temporaryFolder());
    await gone.write("people.yaml", people.replace("trim: true", "upper: true"));
    await rm(join(gone.work, "specification"), { recursive: true });
    const anew = await mapped(await temporaryFolder());
    await anew.extract("people", { ...extracts.people, rows: rows.slice(3) });

    const [byLog] = (await traced("people", "1", ...placesOf(gone))).rows;
    const [unread] = (await traced("people", "1", ...placesOf(anew))).rows;
    const [rejected] = (await traced("people", "3", ...placesOf(anew))).rows;

    expect(byLog).toMatchObject({
      rulesFrom: "change log",
      rulesWhy: expect.stringContaining("no copy of those that ran"),
    });
    expect(byLog.columns[2].steps).toMatchObject([
      { rule: "name.trim", before: " Ada\nLovelace ", after: "Ada\nLovelace" },
    ]);
    expect(unread).toMatchObject({
      read: null,
      source: {},
      rulesWhy: expect.stringContaining("people was extracted anew"),
    });
    expect(unread.row.name).toBe("Ada\nLovelace");
    expect(rejected).toMatchObject({ read: null, source: { id: "3", name: "  " } });
  });

  it("tells what the transform knows where the extract is gone, and says that it is", async () => {
    const gone = await mapped(await temporaryFolder());
    await rm(join(gone.work, "extract/people"), { recursive: true });

    const [written] = (await traced("people", "1", ...placesOf(gone))).rows;
    const [rejected] = (await traced("people", "3", ...placesOf(gone))).rows;
    const [filtered] = (await traced("people", "5", ...placesOf(gone))).rows;
    const none = await runProgram("trace", ["people", "--key", "99", ...placesOf(gone)]);
    const lines = (await runProgram("trace", ["people", "--key", "1", ...placesOf(gone)])).stdout;

    expect(written).toMatchObject({ read: null, disposition: "written", rulesFrom: "change log" });
    expect(written.row.name).toBe("Ada\nLovelace");
    expect(rejected).toMatchObject({ disposition: "rejected", rule: "name.required", source: { name: "  " } });
    expect(filtered).toMatchObject({ disposition: "filtered", because: "who left is not moved" });
    expect(lines).toContain("What was read is not told: people is not there any more, as it was extracted.");
    expect(none).toMatchObject({ exitCode: 66, stdout: "" });
    expect(none.stderr).toContain("in its transform; people is not there any more, as it was extracted");
    await rm(join(gone.work, "transform/people"), { recursive: true });
    expect(await traced("people", "1", ...placesOf(gone))).toMatchObject({ exitCode: 66 });
  });

  it("names every damaged file it has to read, and tells no story out of it", async () => {
    const damaged = await mapped(await temporaryFolder());
    for (const file of ["ledger-00000.csv.gz", "rejects.csv.gz"])
      await appendFile(join(damaged.work, "transform/people", file), "x");

    const { exitCode, stdout, stderr } = await traced("people", "1", ...placesOf(damaged));

    expect([exitCode, stdout]).toEqual([65, ""]);
    expect(stderr).toContain("ledger-00000.csv.gz");
    expect(stderr).toContain("rejects.csv.gz");
    for (const part of ["extract/people/part-00000.csv.gz", "transform/people/part-00000.csv.gz"]) {
      const one = await mapped(await temporaryFolder());
      const bytes = await readFile(join(one.work, part));
      bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
      await writeFile(join(one.work, part), bytes);
      expect(await traced("people", "1", ...placesOf(one))).toMatchObject({
        exitCode: 65,
        stdout: "",
        stderr: expect.stringContaining(part),
      });
    }
  });

  it("changes nothing, and leaves nothing behind", async () => {
    const before = await snapshotOf(ready.work);

    await trace("1");
    await trace("99");

    expect(await snapshotOf(ready.work)).toEqual(before);
    expect((await readdir(ready.work)).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
