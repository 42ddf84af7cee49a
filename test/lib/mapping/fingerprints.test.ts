import { expect, it } from "vitest";
import { piiColumns } from "../../../lib/mapping/fingerprints.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { filesOf, peopleWith } from "./specification-fixture.js";

it("every source column that feeds a column with personal data is told, however the value is made of it", () => {
  const people = peopleWith(
    "a: { from: a, pii: true }",
    "b: { uuid5: [b], pii: true }",
    "c: { concat: [c1, c2], pii: true }",
    "d: { json: { x: d1, d2: { type: number }, y: { const: k } }, pii: true }",
    "e: { concat: [e] }",
  );
  const migration = parseMigration(filesOf({ "people.yaml": people }));

  const found = migration.extracts.flatMap((extract) => piiColumns(migration, extract));

  expect(found).toEqual(["a", "b", "c1", "c2", "d1", "d2"]);
});
