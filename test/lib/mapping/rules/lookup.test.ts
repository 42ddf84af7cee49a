import { expect, it } from "vitest";
import { runColumn, runPeople } from "../run-table.js";
import { complaints } from "../specification-fixture.js";

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

it("a lookup may ask for several columns of the row, and a doubled pair of keys is refused with both lines", async () => {
  const people =
    "table: people\ncolumns:\n  v: { from: x, lookup: { file: lookups/p.csv, key: code, and: { region: region }, value: name } }\n  id: id\n";
  const source = {
    columns: ["id", "x", "region"],
    rows: [
      ["a", "1", "N"],
      ["b", "1", "S"],
      ["c", "1", "W"],
      ["d", "1", null],
      ["e", null, "N"],
    ],
  };
  const places = "code,region,name\n1,N,North One\n1,S,South One\n1,\\N,One\n";

  const rows = await runPeople({ "people.yaml": people, "lookups/p.csv": places }, source);
  const doubled = complaints({ "people.yaml": people, "lookups/p.csv": `${places}1,N,Again\n` });

  const found = rows.map(({ values: [name, id], rejected }) => [id, rejected?.reason ?? name]);
  expect(Object.fromEntries(found)).toEqual({
    a: "North One",
    b: "South One",
    c: "v and region are not in lookups/p.csv",
    d: "One",
    e: null,
  });
  expect(doubled.lines).toEqual(['lookups/p.csv:5: key "code", "region" repeats the one of line 2']);
});

it("a lookup's further columns have to be in the file and in the extract", async () => {
  const people = (and: string) =>
    `table: people\ncolumns:\n  v: { from: x, lookup: { file: lookups/p.csv, key: code, and: ${and}, value: name } }\n`;
  const places = { "lookups/p.csv": "code,region,name\n" };

  expect(complaints({ "people.yaml": people("{ regoin: y }"), ...places }).lines).toEqual([
    'people.yaml:3: lookups/p.csv has no column "regoin"; did you mean "region"?',
  ]);
  await expect(
    runPeople({ "people.yaml": people("{ region: z }"), ...places }, { columns: ["x", "y"], rows: [] }),
  ).rejects.toThrow('columns.v: extract people has no column "z"');
});
