import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

it("phone writes what people type as E.164, with the country of the rule where there is none", async () => {
  const typed = ["0712 345 678", "+254-712-345678", "000254712345678", "(020) 7946 0018", "+44 20 7946 0018", null];

  const rows = await runColumn("{ from: x, phone: KE }", typed);

  expect(rows.map(({ values, rejected }) => rejected?.reason ?? values[0])).toEqual([
    "+254712345678",
    "+254712345678",
    "+254712345678",
    "v is not a telephone number",
    "+442079460018",
    null,
  ]);
});

it("phone takes nothing for a number that its country does not have, and nothing out of other text", async () => {
  const wrong = ["12345", "0", "", "call 0712 345 678", "0712 345 678 ext. 5", "0712 345 67", "+999123456789"];

  const rows = await runColumn("{ from: x, phone: KE, otherwise: keep, flag: flagged }", wrong);

  expect(rows.map(({ values, flagged }) => [values[0], flagged])).toEqual(wrong.map((value) => [value, true]));
});

it.each([
  ["kenya", 'columns.v.phone.country: "kenya" is no country'],
  ["XX", 'columns.v.phone.country: "XX" is no country'],
])("phone: %s is refused", (country, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, phone: ${country} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
