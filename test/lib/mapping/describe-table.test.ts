import { expect, it } from "vitest";
import { describeTable } from "../../../lib/mapping/describe-table.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { filesOf } from "./specification-fixture.js";

it("a table reads in the order in which its rules are applied, each with the business rule behind it", () => {
  const people = `table: people
filter:
  - { keep: "active = 't'", because: the others left }
reject:
  - { when: name IS NULL, reason: no name, because: nobody can be found without one }
columns:
  id: id
  town_id: { from: town, trim: true }
dedupe: { by: [id, town_id], keep: latest, order: [changed], because: the last word counts }
expect:
  - relationships: { column: town_id, to: towns.id, otherwise: "null" }
`;
  const { tables } = parseMigration(
    filesOf({
      "migration.yaml": "migration: M-1\nextracts:\n  people:\n  towns:\n",
      "people.yaml": people,
      "towns.yaml": "table: towns\ncolumns: all\n",
    }),
  );

  expect(tables.map(describeTable)).toEqual([
    ["towns: made from the extract towns", "Columns: every column of the extract, as it is"],
    [
      "people: made from the extract people",
      "Rows left out:",
      "  those for which this is not true: active = 't' — because the others left",
      "Rows rejected:",
      "  no name: those for which name IS NULL — because nobody can be found without one",
      "Columns:",
      "  id: from id",
      "  town_id: from town; white space taken off both ends",
      "Duplicates:",
      "  of rows with the same id and town_id, the latest one is kept: the largest changed — because the last word counts",
      "References:",
      "  town_id is id of a row of towns; it becomes NULL where that row is not written",
    ],
  ]);
});

it.each([
  ["keep: latest, order: [at, id asc]", "the latest one is kept: the largest at, then the smallest id"],
  ["keep: last", "the last one in the order of the source is kept"],
  ["keep: last, order: at", "the last one is kept: the largest at"],
  ["keep: most_complete, tie_break: id", "the most complete one is kept: of equals the smallest id"],
])("which duplicate is kept is said in words: %s", (keep, words) => {
  const [table] = parseMigration(
    filesOf({ "people.yaml": `table: people\ncolumns: all\ndedupe: { by: id, ${keep} }\n` }),
  ).tables;

  expect(table && describeTable(table)).toContain(`  of rows with the same id, ${words}`);
});
