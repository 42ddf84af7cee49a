import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readSpecification } from "../../lib/files/specification.js";
import { parseMigration } from "../../lib/mapping/parse-migration.js";
import { createDatabase } from "../support/postgres.js";

const folder = fileURLToPath(new URL("../../mappings/relief", import.meta.url));

it("the relief migration is right by its own grammar, and moves parents before children", async () => {
  const { tables } = parseMigration(await readSpecification(folder));

  expect(tables.map(({ name }) => name)).toEqual(["programmes", "beneficiaries", "distributions"]);
});

it("the relief migration names exactly the columns of its target", async () => {
  const { tables, files } = parseMigration(await readSpecification(folder));
  const schema = files.find(({ path }) => path === "schema/target.sql")?.content;
  const database = await createDatabase(String(schema));

  const rows = await database.query(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`,
  );

  const mapped = tables.flatMap(({ name, columns }) =>
    columns === "all" ? [] : columns.map((column) => `${name}.${column.name}`),
  );
  expect(mapped.sort()).toEqual(rows.map(({ name }) => name).sort());
  await database.drop();
});
