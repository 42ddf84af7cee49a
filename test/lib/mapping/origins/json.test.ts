import { expect, it } from "vitest";
import { runPeople } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const made = async (members: string, ...values: readonly (string | null)[]) => {
  const files = { "people.yaml": peopleWith(`v: { json: { ${members} } }`) };
  const rows = await runPeople(files, { columns: ["x"], rows: values.map((value) => [value]) });
  return rows.map((row) => (row.rejected === null ? row.values[0] : `${row.rejected.rule}: ${row.rejected.reason}`));
};

it("json writes its names in the order of the file, and NULL as null", async () => {
  expect(await made('b: x, 10: x, a: { const: k }, 9: { const: null }, "q\\"": { const: "" }', "v", null)).toEqual([
    '{"b":"v","10":"v","a":"k","9":null,"q\\"":""}',
    '{"b":null,"10":null,"a":"k","9":null,"q\\"":""}',
  ]);
});

it("json writes every text so that any reader has it back", async () => {
  const texts = [
    '"',
    "\\",
    "\\N",
    "a\nb\r\t",
    "\u0001\u001f\u007f",
    "é😀e\u0301\u2028",
    "00501",
    "1e3",
    "1.10",
    "null",
    "",
    "</script>",
  ];

  const values = await made("x: x", ...texts);

  expect(values.map((value) => JSON.parse(String(value)).x)).toEqual(texts);
});

it("json keeps each digit of a number, and rejects the row of what is none", async () => {
  const numbers = ["0.10", "12345678901234567890", "-0", "1e3", "1E+400", "0.30000000000000004"];
  const others = ["00501", "+1", ".5", "5.", "1,5", " 1", "1\n", "", "NaN", "Infinity", "٥"];

  expect(await made("n: { from: x, type: number }", ...numbers)).toEqual(numbers.map((number) => `{"n":${number}}`));
  expect(await made("n: { from: x, type: number }", ...others)).toEqual(
    others.map(() => "v.json: v cannot be made: n is no number"),
  );
  expect(await made("n: { from: x, type: number }", null)).toEqual(['{"n":null}']);
});

it("json knows the booleans of the files, and puts JSON in as it stands", async () => {
  expect(await made("b: { from: x, type: boolean }", "t", "f", "true", "false", null)).toEqual(
    ["true", "false", "true", "false", "null"].map((word) => `{"b":${word}}`),
  );
  expect((await made("b: { from: x, type: boolean }", "T", "1", "yes", ""))[0]).toContain("v.json");
  expect(await made("j: { from: x, type: json }", '{ "a" : 1.10 }', "[]", '"t"', "null", null)).toEqual(
    ['{ "a" : 1.10 }', "[]", '"t"', "null", "null"].map((json) => `{"j":${json}}`),
  );
  const bad = ["", "a", "[1,]", "NaN", "{'a':1}"];
  expect(await made("j: { from: x, type: json }", ...bad)).toEqual(
    bad.map(() => "v.json: v cannot be made: j is no json"),
  );
});

it("json takes the source column of a member's own name where it names none", async () => {
  expect(
    await made("x: { type: number }, y: { const: 1.10, type: number }, z: { const: t, type: boolean }", "7"),
  ).toEqual(['{"x":7,"y":1.10,"z":true}']);
});

it("json may be followed by rules, which see what was made", async () => {
  const files = {
    "people.yaml": peopleWith("v: { json: { a: { from: x, type: json } }, json_value: '$.a[1]', required: true }"),
  };

  const rows = await runPeople(files, { columns: ["x"], rows: [["[1,2.0]"], ["[1]"], ["x"]] });

  expect(rows.map(({ values, rejected }) => rejected?.rule ?? values[0])).toEqual(["2.0", "v.required", "v.json"]);
});

it.each([
  ["{}", "columns.v.json: empty"],
  ["{ a: { from: x, const: 1 } }", "columns.v.json.a: both from and const"],
  ["{ a: { const: 01, type: number } }", "columns.v.json.a: const is no number"],
  ["{ a: { const: yes, type: boolean } }", "columns.v.json.a: const is no boolean"],
  ["{ a: { const: '[', type: json } }", "columns.v.json.a: const is no json"],
  [
    "{ a: { from: x, type: nummer } }",
    'columns.v.json.a.type: expected string or number or boolean or json, found "nummer"; did you mean "number"?',
  ],
])("json refuses %s", (members, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { json: ${members} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
