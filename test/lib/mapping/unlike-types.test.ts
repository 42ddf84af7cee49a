import { expect, it } from "vitest";
import { compileTable } from "../../../lib/mapping/compile-table.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { filesOf } from "./specification-fixture.js";

const bits = [{ name: "flags", type: "string", databaseType: "bit(4)" }];

function compile(column: string, databaseType = "bit(4)") {
  const people = `table: people\ncolumns:\n  flags: ${column}\n`;
  const migration = parseMigration(filesOf({ "people.yaml": people }));
  const [table] = migration.tables;
  if (table === undefined) throw new Error("no table");
  return compileTable(
    migration.id,
    table,
    bits.map((one) => ({ ...one, databaseType })),
  );
}

it.each(["integer", "numeric(10,2)", "double precision", "jsonb"])(
  "bits are refused where %s would read 0101 as 101",
  (type) => {
    const said = `columns.flags: bit(4) stands in the files as its digits 0 and 1, which ${type} would take for another number`;

    expect(() => compile(`{ from: flags, type: "${type}" }`)).toThrow(said);
  },
);
