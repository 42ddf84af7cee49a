import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("email takes blanks off, writes lower case, and keeps the rest of the address", async () => {
  const rows = await runColumn("{ from: x, email: true }", [
    " Jane.Doe+aid@Example.ORG\t",
    "o'brien@mail.example.co.ke",
    "müller@büro.example",
    `a@${"é".repeat(63)}.org`,
    null,
  ]);

  expect(rows.map(({ values, rejected }) => [values[0], rejected])).toEqual([
    ["jane.doe+aid@example.org", null],
    ["o'brien@mail.example.co.ke", null],
    ["müller@büro.example", null],
    [`a@${"é".repeat(63)}.org`, null],
    [null, null],
  ]);
});

it.each([
  ["no at sign", "jane.example.org"],
  ["two at signs", "jane@doe@example.org"],
  ["a host without a dot", "jane@localhost"],
  ["two dots", "jane..doe@example.org"],
  ["a dot at the end", "jane.@example.org"],
  ["a hyphen at the edge of a label", "jane@-example.org"],
  ["a blank inside", "jane doe@example.org"],
  ["two addresses", "a@example.org, b@example.org"],
  ["a line feed inside", "a@example.org\nb"],
  ["nothing", ""],
  ["64 characters between two dots", `a@${"é".repeat(64)}.org`],
  ["65 characters before the @", `${"a".repeat(65)}@example.org`],
])("email does not take %s for an address", async (_, text) => {
  const [row] = await runColumn("{ from: x, email: true }", [text]);

  expect(row?.rejected).toEqual({ rule: "v.email", reason: "v is not an e-mail address" });
});
