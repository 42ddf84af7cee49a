import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

const rules = "{ from: x, lookup: { file: lookups/codes.csv, key: code, value: iso } }";

it("lookup finds text as it is written, rejects what the file does not list, and leaves NULL alone", async () => {
  const codes = 'name,code,iso\nFirst,0123,AF-1\n"Two, too","a ""b""",AF-2\nThird,NULL,\\N\nFourth,4,\n';

  const rows = await runColumn(rules, ["0123", 'a "b"', "NULL", "4", "123", null], { "lookups/codes.csv": codes });

  expect(rows.map(({ values }) => values[0])).toEqual(["AF-1", "AF-2", null, "", null, null]);
  expect(rows.map(({ rejected }) => rejected?.reason)).toEqual([
    ...[undefined, undefined, undefined, undefined],
    "v is not in lookups/codes.csv",
    undefined,
  ]);
});

it("a lookup file can list NULL, and the quoted text \\N is a text", async () => {
  const codes = 'code,iso\n\\N,none\n"\\N",text\n';

  const rows = await runColumn(rules, [null, "\\N"], { "lookups/codes.csv": codes });

  expect(rows.map(({ values, rejected }) => [values[0], rejected])).toEqual([
    ["none", null],
    ["text", null],
  ]);
});

it("a lookup file may begin with a byte order mark and end its lines with CR LF", async () => {
  const rows = await runColumn(rules, ["1"], { "lookups/codes.csv": "\ufeffcode,iso\r\n1,AF-1\r\n" });

  expect(rows[0]?.values[0]).toBe("AF-1");
});

it("lookup gives otherwise and flags the row", async () => {
  const flagging =
    "{ from: x, trim: true, lookup: { file: lookups/codes.csv, key: code, value: iso }, otherwise: UNKNOWN, flag: flagged }";

  const rows = await runColumn(flagging, [" 1 ", "2"], { "lookups/codes.csv": "code,iso\n1,AF-1\n" });

  expect(rows.map(({ values, flagged }) => [values[0], flagged])).toEqual([
    ["AF-1", false],
    ["UNKNOWN", true],
  ]);
});
