import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { columnsNamed, type Extracted, type Row } from "./extracted.js";
import { contentOf } from "./mapped.js";
import { readyToMap } from "./ready.js";

// Forty households and their heads, who live in the next one; every eleventh head has no name.
const rowsOf = (row: (number: number) => Row): readonly Row[] =>
  Array.from({ length: 40 }, (_, index) => row(index + 1));
const households: Extracted = {
  columns: columnsNamed(["id", "head"], { id: "integer" }),
  rows: rowsOf((id) => [String(id), String(id)]),
  key: ["id"],
};
const people: Extracted = {
  columns: columnsNamed(["id", "household", "name"], { id: "integer" }),
  rows: rowsOf((id) => [String(id), String(id % 8 === 0 ? id : id + 1), id % 11 === 0 ? null : `Person ${id}`]),
  key: ["id"],
};
const specification = {
  "migration.yaml": "migration: TEST-1\nextracts: { households: , people: }\n",
  "households.yaml": "table: households\ncolumns:\n  id: { uuid5: [id] }\n  head: { references: people }\nkey: [id]\n",
  "people.yaml": [
    "table: people",
    "columns:",
    "  id: { uuid5: [id] }",
    "  home: { from: household, references: households }",
    "  name: { from: name, required: true }",
    "key: [id]",
    "",
  ].join("\n"),
};

const ready = (partRows = 7) =>
  readyToMap({
    files: specification,
    extracts: { households: { ...households, partRows }, people: { ...people, partRows } },
  });

/** Which tables a run mapped, by what it said. */
function mappedBy(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^transform (\S+): \d+ rows? read/gm)].map(([, table]) => table ?? "");
}

it("a damaged part of one table's extract is refused by every table of the ring", async () => {
  const { run, work } = await ready();
  await truncate(join(work, "extract/people/part-00001.csv.gz"), 100);

  const { exitCode, stderr } = await run("households");

  expect(exitCode).toBe(65);
  expect(stderr).toContain("waybill extract people");
});

it("a rule that changes in one table maps the ring again, how its rows are written only itself", async () => {
  const { run, write } = await ready();
  await run();

  await write("people.yaml", `${specification["people.yaml"]}changes: { limit: 5 }\n`);
  const written = await run();
  await write("people.yaml", specification["people.yaml"].replace("required", "trim: true, required"));
  const settled = await run();

  expect(mappedBy(written.stderr)).toEqual(["people"]);
  expect(mappedBy(settled.stderr)).toEqual(["households", "people"]);
});

it("a ring is settled the same way however its extracts are cut, and whichever table is mapped first", async () => {
  const [cut, whole] = [await ready(), await ready(1000)];
  await cut.run("people", "--jobs", "2");
  await cut.run("households", "--jobs", "2");
  await whole.run();

  for (const table of ["households", "people"])
    for (const kind of ["part-", "ledger-", "rejects", "changes"])
      expect(await contentOf(cut.work, table, kind)).toBe(await contentOf(whole.work, table, kind));
});

it("a reference of too few columns is refused where only the extract knows the parent's key", async () => {
  const { run, extract } = await ready();
  await extract("people", { ...people, key: ["id", "household"] });

  const { exitCode, stderr } = await run("households");

  expect(exitCode).toBe(78);
  expect(stderr).toContain(
    "households.yaml:4: head: a row of people is named by 2 columns of its extract (id, household), references gives 1",
  );
});
