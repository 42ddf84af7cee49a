import { isSupportedCountry } from "libphonenumber-js/max";
import { expect, it } from "vitest";
import { allRules } from "../../../../lib/mapping/rules/all-rules.js";
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
  ["UK", 'columns.v.phone.country: "UK" has no telephone numbers of its own'],
  ["AQ", 'columns.v.phone.country: "AQ" has no telephone numbers of its own'],
  ["XX", 'columns.v.phone.country: "XX" is no country'],
])("phone: %s is refused", (country, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, phone: ${country} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});

it("phone accepts a country if and only if it has a numbering plan", () => {
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
  const codes = letters.flatMap((first) => letters.map((second) => first + second));

  const wrong = codes.filter(
    (code) =>
      allRules.find(({ kind }) => kind === "phone")?.schema.safeParse(code).success !== isSupportedCountry(code),
  );

  expect(wrong).toEqual([]);
});
