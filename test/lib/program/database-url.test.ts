import { expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { databaseUrl } from "../../../lib/program/database-url.js";

const files = {
  "migration.yaml": "migration: T\nsource: postgresql://$" + "{LEGACY_HOST}/registry\nextracts: { people: {} }\n",
  "people.yaml": "table: people\nfrom: people\ncolumns: all\n",
};
const migration = parseMigration(Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })));

it("takes the option, else the variable, else what migration.yaml says", () => {
  const environment = { WAYBILL_SOURCE_URL: "postgresql://variable/db", LEGACY_HOST: "legacy" };

  expect(databaseUrl("source", { option: "postgresql://option/db", migration, environment })).toBe(
    "postgresql://option/db",
  );
  expect(databaseUrl("source", { option: undefined, migration, environment })).toBe("postgresql://variable/db");
  expect(databaseUrl("source", { option: undefined, migration, environment: { LEGACY_HOST: "legacy" } })).toBe(
    "postgresql://legacy/registry",
  );
});

it("says which variable to set when nothing says where the database is", () => {
  const ask = () => databaseUrl("target", { option: undefined, migration, environment: {} });

  expect(ask).toThrow(expect.objectContaining({ kind: "usage", hint: expect.stringContaining("WAYBILL_TARGET_URL") }));
});
