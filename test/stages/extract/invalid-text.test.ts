import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createMigration } from "../migration-fixture.js";
import { manifestIn, rowsIn } from "../stage-files.js";
import { readMapped } from "../transform/mapped.js";

const sql = `CREATE TABLE people (id int PRIMARY KEY, name varchar(20), note text);
  INSERT INTO people VALUES (1, 'Ada', 'fine'), (2, concat('B', char(0), 'en'), NULL), (3, 'Cy', concat(char(0), ', "x"'))`;

it("a NUL character is stripped, replaced, or stands as bytes, as the extract says, counted and with a true checksum", async () => {
  const source = await createMysqlDatabase(sql);
  onTestFinished(() => source.drop());
  const migration = await createMigration({
    source: source.url,
    extracts: ["strip", "replace", "bytes"].map((policy) => `${policy}: { table: people, invalid_text: ${policy} }`),
    // Transform computes every row's checksum again.
    files: Object.fromEntries(
      ["strip", "replace", "bytes"].map((name) => [`${name}.yaml`, `table: ${name}\ncolumns: all\n`]),
    ),
  });

  const result = await migration.run("extract");
  const transformed = await migration.run("transform");

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(result.stderr).toContain("1 value of name no text: what is none was left out");
  expect(transformed, transformed.stderr).toMatchObject({ exitCode: 0 });
  const valuesOf = async (name: string) => {
    const folder = join(migration.work, "extract", name);
    const { details } = (await manifestIn(folder))._waybill;
    expect(details.invalidText).toEqual({ policy: name, values: { name: 1, note: 1 } });
    return (await rowsIn(folder)).map((row) => row.slice(1, 3));
  };
  expect(await valuesOf("strip")).toEqual([
    ["Ada", "fine"],
    ["Ben", null],
    ["Cy", ', "x"'],
  ]);
  expect(await valuesOf("replace")).toEqual([
    ["Ada", "fine"],
    ["B\u{fffd}en", null],
    ["Cy", '\u{fffd}, "x"'],
  ]);
  expect(await valuesOf("bytes")).toEqual([
    ["Ada", "fine"],
    ["\\x4200656e", null],
    ["Cy", "\\x002c20227822"],
  ]);
});

it("rows that are to be rejected for it are in the extract, and rejected by transform with column and byte", async () => {
  const source = await createMysqlDatabase(sql);
  onTestFinished(() => source.drop());
  const migration = await createMigration({
    source: source.url,
    extracts: ["people: { invalid_text: reject }", "others: { table: people, invalid_text: strip }"],
    files: {
      "people.yaml": "table: people\ncolumns: all\nledger: full\n",
      "all.yaml": "table: all\nunion: [people, others]\ncolumns: { name: name }\n",
    },
  });

  const checked = await migration.run("check");
  await migration.run("extract");
  const result = await migration.run("transform");
  const explained = await migration.run("explain", ["people"]);

  expect(checked, checked.stderr).toMatchObject({ exitCode: 0 });
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  const { manifest, header, rejects, output } = await readMapped(migration.work, "people");
  expect(manifest._waybill.counts).toMatchObject({ read: 3, rejected: 2, written: 1 });
  expect(header).toEqual(["id", "name", "note"]);
  expect(output).toEqual([["1", "Ada", "fine"]]);
  expect(rejects.map((row) => [row[3], row[0], row[1], ...row.slice(-3)])).toEqual([
    ["2", "invalid_text", "name: a NUL character, from byte 1 on", "2", "\\x4200656e", null],
    ["3", "invalid_text", "note: a NUL character, from byte 0 on", "3", "Cy", "\\x002c20227822"],
  ]);
  expect((await readMapped(migration.work, "all")).manifest._waybill.counts).toMatchObject({ rejected: 2, written: 4 });
  expect(explained.stdout).toContain("invalid_text");
});
