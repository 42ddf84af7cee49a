import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const found = async (path: string, ...values: readonly (string | null)[]) =>
  (await runColumn(`{ from: x, json_value: ${JSON.stringify(path)} }`, values)).map(
    ({ values, rejected }) => rejected?.reason ?? values[0],
  );

const numbers = ["1.10", "12345678901234567890123", "0.1000", "1e3", "1E400", "-0", "0.30000000000000004", "-1.0e-7"];

it("json_value gives a number as it is written, to the last digit", async () => {
  expect(await found("$.a", ...numbers.map((number) => `{"a": ${number} }`))).toEqual(numbers);
  expect(await found("$", ...numbers)).toEqual(numbers);
});

it("json_value gives texts as characters, words as words, objects and arrays as they stand", async () => {
  const json =
    '{"s":"a\\"\\n\\u00e9\\ud83d\\ude00", "t":true, "f" : false,"o":{ "x" : [1.10,  2] },"l":[ ],"e":"","n":"null","\\u0041":1}';

  const values = await Promise.all(
    ["$.s", "$.t", "$.f", "$.o", "$.o.x", "$.o.x[1]", "$.l", "$.e", "$.n", "$.A"].map((path) => found(path, json)),
  );

  const expected = ['a"\né😀', "true", "false", '{ "x" : [1.10,  2] }', "[1.10,  2]", "2", "[ ]", "", "null", "1"];
  expect(values.flat()).toEqual(expected);
});

it("NULL, JSON's null and what is not there are NULL", async () => {
  const values = [null, "null", '{"a":null}', "{}", "[]", '{"b":{"a":1}}', '"a"', "5", '{"A":1}', '[{"a":1}]'];

  expect(await found("$.a", ...values)).toEqual(values.map(() => null));
  expect(await found("$[1]", "[1]", '{"1":2}')).toEqual([null, null]);
});

it("what is no JSON is a miss, and so is what two readers of it would read as two values", async () => {
  const bad = [
    "",
    " ",
    "a",
    "{'a':1}",
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":01}',
    '{"a":1} x',
    "// x",
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":1}',
    '{"a":"\\ud800"}',
  ];

  expect(await found("$.a", ...bad)).toEqual(bad.map(() => "v is no JSON with one value at $.a"));
  expect(await found("$.b", '{"a":1,"a":2,"b":3}')).toEqual(["3"]);
});

it("two paths that differ only in case are two paths", async () => {
  const rows = await runColumn("{ from: x, json_value: $.a, rules: [{ default: none }] }", ['{"a":1,"A":2}']);
  const others = await runColumn("{ from: x, json_value: $.A }", ['{"a":1,"A":2}']);

  expect([rows[0]?.values[0], others[0]?.values[0]]).toEqual(["1", "2"]);
});

it("otherwise stands in for a miss, and for nothing else", async () => {
  const rows = await runColumn("{ from: x, json_value: $.a, otherwise: broken, flag: flagged }", [
    "{",
    "{}",
    '{"a":"!"}',
    null,
  ]);

  expect(rows.map(({ values, flagged }) => [values[0], flagged])).toEqual([
    ["broken", true],
    [null, false],
    ["!", false],
    [null, false],
  ]);
});

it.each(["a", "$.a b", "$[*]", "$..a"])("json_value refuses the path %s", (path) => {
  const { lines, hint } = complaints({ "people.yaml": peopleWith(`v: { from: x, json_value: "${path}" }`) });

  expect(lines).toEqual([`people.yaml:3: columns.v.json_value: "${path}" is no path`]);
  expect(hint).toContain("$.address.city");
});
