import { expect, it } from "vitest";
import { columnsNamed, type Row } from "./extracted.js";
import { readMapped } from "./mapped.js";
import { peopleOf, readyToMap, towns, townsAndPeople } from "./ready.js";

it("a field of five megabytes passes, also as a reject", async () => {
  const long = `"${"0123456789abcdé,\n".repeat(300_000)}"`;
  const rows: readonly Row[] = [
    ["1", long],
    ["2", "short"],
    ["3", `${long}3`],
  ];
  const { run, work } = await readyToMap({
    files: {
      "migration.yaml": "migration: TEST-1\nextracts:\n  texts: { key: [id] }\n",
      "texts.yaml":
        "table: texts\nreject: [{ when: id = '3', reason: long }]\ncolumns:\n  id: id\n  text: { from: text, trim: true }\n",
    },
    extracts: { texts: { columns: columnsNamed(["id", "text"]), rows, key: ["id"] } },
  });

  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(0);
  const { output, rejects } = await readMapped(work, "texts");
  expect(output.map(([id, text]) => [id, text === long])).toEqual([
    ["1", true],
    ["2", false],
  ]);
  expect(rejects[0]?.at(-1) === `${long}3`).toBe(true);
});

it.each(["with [brackets] and * and ?", `with 'quotes' and "more", a comma`, "mit Ümläuten und 🏳️"])(
  "a work directory may be called %s",
  async (folderName) => {
    const { run, work } = await readyToMap({
      files: townsAndPeople,
      extracts: { towns, people: peopleOf(60) },
      folderName,
    });

    const { exitCode, stderr } = await run();

    expect(exitCode, stderr).toBe(0);
    expect((await readMapped(work, "people")).manifest._waybill.counts).toMatchObject({ read: 60 });
  },
);

it("a parent may have columns that differ only in case", async () => {
  const { run, work } = await readyToMap({
    files: {
      "migration.yaml": "migration: TEST-1\nextracts:\n  towns: { key: [id] }\n",
      "towns.yaml": "table: towns\ncolumns:\n  id: { sql: \"'t' || id\" }\n  Id: id\n  ID: name\n",
      "streets.yaml":
        "table: streets\nfrom: towns\ncolumns:\n  id: id\n  town: id\nexpect: [{ relationships: { column: town, to: towns.Id } }]\n",
    },
    extracts: { towns },
  });

  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(0);
  expect((await readMapped(work, "streets")).output).toHaveLength(4);
});

it("a large whole number, a long fraction and a date far away stay the text they were", async () => {
  const rows: readonly Row[] = [["18446744073709551615", "0.1000000000000000000000000000001", "infinity", "-0", "t"]];
  const columns = columnsNamed(["id", "amount", "day", "zero", "truth"], {
    id: "integer",
    amount: "number",
    day: "date",
    zero: "number",
    truth: "boolean",
  });
  const { run, work } = await readyToMap({
    files: {
      "migration.yaml": "migration: TEST-1\nextracts:\n  numbers: { key: [id] }\n",
      "numbers.yaml": "table: numbers\ncolumns: all\n",
    },
    extracts: { numbers: { columns, rows, key: ["id"] } },
  });

  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(0);
  const { output, manifest } = await readMapped(work, "numbers");
  expect(output).toEqual(rows);
  const fields = manifest.resources[0]?.schema.fields ?? [];
  expect(fields.map(({ type }) => type)).toEqual(["integer", "number", "date", "number", "boolean"]);
});
