import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

async function read(options: string, values: readonly (string | null)[]): Promise<readonly unknown[]> {
  const rows = await runColumn(`{ from: x, boolean: ${options} }`, values);
  return rows.map(({ values: [value], rejected }) => (rejected === null ? value : rejected.reason));
}

const reason = "v is none of the words that mean true or false";

it("boolean makes t and f of PostgreSQL's words, in any case", async () => {
  const yes = ["t", "true", "TRUE", "y", "yes", "Yes", "on", "1"];
  const no = ["f", "false", "n", "No", "off", "0"];

  expect(await read("true", [...yes, ...no])).toEqual([...yes.map(() => "t"), ...no.map(() => "f")]);
  expect(await read("true", [null, "", " t", "2", "ja"])).toEqual([null, reason, reason, reason, reason]);
});

// To many YAML readers these words are booleans themselves; here they are the text that stands in the file.
it("boolean takes YAML's own traps as the words they are", async () => {
  const values = ["NO", "no", "yes", "YES", "on", "true", "1"];

  expect(await read("{ true: [yes, on, true, 1], false: NO }", values)).toEqual([
    "f",
    reason,
    "t",
    reason,
    "t",
    "t",
    "t",
  ]);
});

it("boolean looks at case unless told not to", async () => {
  expect(await read("{ true: [Ja, É], false: [Nein], ignore_case: true }", ["JA", "é", "nein", "j"])).toEqual([
    "t",
    "t",
    "f",
    reason,
  ]);
});

it("boolean may have the empty text as a word", async () => {
  expect(await read('{ true: [X], false: [""] }', ["X", "", null, " "])).toEqual(["t", "f", null, reason]);
});

it.each([
  ["{ true: [Y, 1], false: [N, Y] }", '"Y" is both true and false'],
  ["{ true: [Y], false: [y], ignore_case: true }", '"Y" is both true and false'],
  ["{ true: [Y] }", '"false" is missing'],
  ["{ yes: [Y], false: [N] }", 'unknown key "yes"'],
  ["maybe", 'expected true or false or a map, found "maybe"'],
])("boolean refuses %s", (options, text) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, boolean: ${options} }`) });

  expect(lines.join("\n")).toContain(text);
});

it("boolean: false is no rule", async () => {
  expect(await read("false", ["anything"])).toEqual(["anything"]);
});
