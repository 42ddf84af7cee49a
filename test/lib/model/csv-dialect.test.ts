import fc from "fast-check";
import { expect, it } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { csvTables } from "../files/csv-values.js";

it("tells NULL, the empty string and the text \\N apart", () => {
  expect(encodeRow([null, "", "\\N"])).toBe('\\N,,"\\N"\n');
});

it("quotes only what has to be quoted", () => {
  expect(encodeRow(["a b", "a,b", 'a"b', "a\nb", "a\rb", "\\.", " a"])).toBe('a b,"a,b","a""b","a\nb","a\rb",\\., a\n');
});

it("leaves no line of a one-column file blank, and none that ends COPY before PostgreSQL 18", () => {
  expect([[""], ["\\."], [null], ["\\N"]].map(encodeRow)).toEqual(['""\n', '"\\."\n', "\\N\n", '"\\N"\n']);
});

it("reads every row back as it was written", () => {
  fc.assert(
    fc.property(csvTables({ nul: true }), (rows) => {
      expect(parseRows(rows.map(encodeRow).join(""))).toEqual(rows);
    }),
    { numRuns: 1000 },
  );
});
