import { expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";

const file = (path: string, text: string) => ({ path, content: Buffer.from(text) });

it("a table is named by the column that others refer to, unless it declares a key", () => {
  const migration = parseMigration([
    file("migration.yaml", "migration: M-1\nextracts: { parents: , children: , named: }\n"),
    file(
      "parents.yaml",
      "table: parents\ncolumns: { code: code, id: id }\nexpect: [{ unique: code }, { unique: id }]\n",
    ),
    file("named.yaml", "table: named\ncolumns: { code: code, id: id }\nkey: [code]\n"),
    file(
      "children.yaml",
      `table: children
columns: { id: id, parent: parent, named: named }
expect:
  - relationships: { column: parent, to: parents.id }
  - relationships: { column: named, to: named.id }
`,
    ),
  ]);

  const keys = Object.fromEntries(migration.tables.map(({ name, key }) => [name, key]));

  expect(keys).toEqual({ parents: ["id"], named: ["code"], children: undefined });
});
