import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const valuesOf = async (mask: string, values: readonly (string | null)[]) =>
  (await runColumn(`{ from: x, mask: ${mask} }`, values)).map(({ values: [value] }) => value);

it("mask: redact hides every value whole, and leaves NULL alone", async () => {
  expect(await valuesOf('{ redact: "***" }', ["a", "", "é".repeat(50), null])).toEqual(["***", "***", "***", null]);
});

it("mask: hash is the HMAC-SHA256 that anybody with the key can compute", async () => {
  const key = "key in WAYBILL_MASK_KEY";
  const hmac = (value: string) => createHmac("sha256", key).update(value).digest("hex");

  const found = await valuesOf("{ hash: { key: WAYBILL_MASK_KEY } }", ["Jane", "jane", "", "名|\n", null]);
  const short = await valuesOf("{ hash: { key: WAYBILL_MASK_KEY, digits: 8 } }", ["Jane"]);
  const other = await valuesOf("{ hash: { key: ANOTHER_KEY } }", ["Jane"]);

  expect(found).toEqual([...["Jane", "jane", "", "名|\n"].map((value) => hmac(value).slice(0, 32)), null]);
  expect(short).toEqual([hmac("Jane").slice(0, 8)]);
  expect(other).not.toEqual(found.slice(0, 1));
});

it("mask: partial leaves the characters it says, and of a value no longer than these none", async () => {
  const last = await valuesOf("{ partial: { last: 4 } }", ["0712345678", "5678", "56", "", "a😀é1234", null]);
  const both = await valuesOf('{ partial: { first: 1, last: 1, with: "#" } }', ["abcd", "ab", "a"]);
  const none = await valuesOf("{ partial: {} }", ["abcd"]);

  expect(last).toEqual(["******5678", "****", "**", "", "***1234", null]);
  expect(both).toEqual(["a##d", "##", "#"]);
  expect(none).toEqual(["****"]);
});

it("mask: fake gives the same made-up name for the same value, and tells nothing of the hash", async () => {
  const fake = (name: string) => `{ fake: { name: ${name}, key: WAYBILL_MASK_KEY } }`;

  const full = await valuesOf(fake("full_name"), ["Jane Doe", "John Doe", "Jane Doe", null]);
  const first = await valuesOf(fake("first_name"), ["Jane Doe"]);
  const last = await valuesOf(fake("last_name"), ["Jane Doe"]);

  expect(full[0]).toBe(full[2]);
  expect(full[0]).not.toBe(full[1]);
  expect(full[3]).toBeNull();
  expect(`${first[0]} ${last[0]}`).toBe(full[0]);
});

it.each([
  ["{}", "columns.v.mask: 0 ways to mask"],
  ['{ redact: "*", partial: {} }', "columns.v.mask: 2 ways to mask"],
  ["{ hash: { key: s3cret } }", "columns.v.mask.hash.key: no name of an environment variable"],
  ["{ hash: { key: KEY, digits: 65 } }", "columns.v.mask: more than 64 digits"],
  ["{ partial: { last: 10001 } }", "columns.v.mask.partial.last: expected at most 10000"],
  ["{ fake: { name: dog, key: KEY } }", 'columns.v.mask.fake.name: no fake "dog"'],
])("mask: %s is refused", (mask, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, mask: ${mask} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
