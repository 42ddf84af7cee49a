import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const files = {
  "lookups/words.csv": "short,long\nst,Street\nRd.,Road\nApt,Apartment\npo,P.O.\nn,\n",
};
const spelled = "abbreviations: { file: lookups/words.csv, key: short, value: long }";

async function cleansed(address: string, values: readonly (string | null)[]) {
  const rows = await runColumn(`{ from: x, address: ${address} }`, values, files);
  return rows.map(({ values: [value] }) => value);
}

it("address mends blanks and commas and leaves every other character as it is", async () => {
  const lines = ["  12  Main\tSt. ,Flat 3 ,, ", "Block A\r\nNairobi", ",", "", "Straße 5\u00a0b", "a;b | c", null];

  expect(await cleansed("true", lines)).toEqual([
    "12 Main St., Flat 3",
    "Block A Nairobi",
    "",
    "",
    "Straße 5 b",
    "a;b | c",
    null,
  ]);
});

it("address spells out whole words that the file lists, however they are written, and no part of a word", async () => {
  const lines = ["12 Main St., Flat 3", "12 MAIN ST", "Stone Rd", "5 rd. Apt.4", "St-Denis", "PO Box 7", "n 5"];

  expect(await cleansed(`{ ${spelled} }`, lines)).toEqual([
    "12 Main Street, Flat 3",
    "12 MAIN Street",
    "Stone Road",
    "5 Road Apartment 4",
    "St-Denis",
    "P.O. Box 7",
    "5",
  ]);
});

it("address writes the line in the case it is told", async () => {
  const line = ["12 MAIN st, o'brien HOUSE"];

  expect(await cleansed(`{ case: title, ${spelled} }`, line)).toEqual(["12 Main Street, O'Brien House"]);
  expect(await cleansed("{ case: upper }", line)).toEqual(["12 MAIN ST, O'BRIEN HOUSE"]);
  expect(await cleansed("{ case: lower }", line)).toEqual(["12 main st, o'brien house"]);
});

it("address refuses a list in which a word stands twice as it is read, or that holds what is no word", () => {
  const { lines } = complaints({
    "people.yaml": peopleWith(`v: { from: x, address: { ${spelled} } }`),
    "lookups/words.csv": "short,long\nSt,Street\nst.,Saint\nP O,Post Office\nP.O.,Post Office\nb-g,Building\n",
  });

  expect(lines).toEqual([
    'lookups/words.csv:3: key "short" repeats the one of line 2',
    'lookups/words.csv:4: key "short" is not one word, so nothing equals it',
    'lookups/words.csv:5: key "short" is not one word, so nothing equals it',
  ]);
});
