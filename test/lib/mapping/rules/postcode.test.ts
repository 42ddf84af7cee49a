import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

async function written(postcode: string, values: readonly (string | null)[]) {
  const rows = await runColumn(`{ from: x, postcode: ${postcode} }`, values);
  return rows.map(({ values: [value], rejected }) => rejected?.reason ?? value);
}

it.each([
  ["GB", ["sw1a1aa", "M1 1AE", "b33 8-th", "GIR 0AA"], ["SW1A 1AA", "M1 1AE", "B33 8TH", "GIR 0AA"]],
  ["US", ["12345", "12345-6789", "123456789"], ["12345", "12345-6789", "12345-6789"]],
  ["CA", ["k1a0b1"], ["K1A 0B1"]],
  ["NL", ["1234ab"], ["1234 AB"]],
  ["KE", ["00100"], ["00100"]],
  ["PL", ["00-950", "00950"], ["00-950", "00-950"]],
  ["IE", ["d02af30"], ["D02 AF30"]],
])("postcodes of %s are written as the country writes them", async (country, typed, expected) => {
  expect(await written(country, typed)).toEqual(expected);
});

it("postcode takes nothing that the country cannot have, and leaves NULL alone", async () => {
  const none = "v is not a postcode of GB";

  expect(await written("GB", ["1234", "", "SW1A 1A", "SW1A 1AA x", "SW1A 1CA", null])).toEqual([
    ...[none, none, none, none, none],
    null,
  ]);
});

it("postcode takes the form that it is given, in capitals, its blanks made one", async () => {
  const given = '{ pattern: "[A-Z]{2} [0-9]{3}" }';

  expect(await written(given, [" ab   123 ", "AB123", "AB-123"])).toEqual([
    "AB 123",
    "v is not a postcode of the form asked for",
    "v is not a postcode of the form asked for",
  ]);
});

it.each([
  ["XX", 'columns.v.postcode.country: the postcodes of "XX" are not known'],
  ["{}", "columns.v.postcode: neither country nor pattern"],
  ['{ country: GB, pattern: "[0-9]+" }', "columns.v.postcode: both country and pattern"],
  ['{ pattern: "(?=a)b" }', 'columns.v.postcode.pattern: pattern "(?=a)b" looks around'],
])("postcode: %s is refused", (postcode, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, postcode: ${postcode} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
