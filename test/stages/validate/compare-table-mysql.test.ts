import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Checks } from "../../../lib/databases/checks-port.js";
import { openChecks } from "../../../lib/databases/open-checks.js";
import { howCompared } from "../../../stages/validate/compare-table.js";
import { createMysqlDatabase, server } from "../../support/mariadb.js";
import type { TestDatabase } from "../../support/postgres.js";
import { createFolder } from "../../support/work.js";
import {
  type Asked,
  comparePeople,
  compareStated,
  numbersOf,
  type People,
  type Row,
  writePeople,
} from "./comparing.js";
import { findAlike } from "./found-alike.js";

const columns: Readonly<Record<string, string>> = {
  id: "int PRIMARY KEY",
  name: "text CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  short: "varchar(40) CHARACTER SET latin1",
  code: "char(5) CHARACTER SET utf8mb3",
  big: "bigint unsigned",
  padded: "int(6) unsigned zerofill",
  price: "decimal(10,2)",
  open: "tinyint(1)",
  flag: "bit(1)",
  bits: "bit(9)",
  since: "year",
  born: "date",
  at: "time(3)",
  noted: "datetime(6)",
  seen: "timestamp(3) NULL",
  mark: "binary(3)",
  bytes: "blob",
  mood: "enum('happy|', 'sad') CHARACTER SET latin1",
  hobbies: "set('chess', 'go|')",
};
const names = Object.keys(columns);

// As a file may hold them: 1.5 for 1.50, t for true, digits of a fraction or none, a zone that says nothing.
function rowOf(id: number): Row {
  if (id % 10 === 9) return [String(id), ...names.slice(1).map(() => null)];
  return [
    String(id),
    id % 10 === 8 ? "" : `person |${id}`,
    `${id % 10 === 7 ? "€" : ""}n, "${id}" é`,
    `c${id % 7}`,
    `1844674407370955${String(id).padStart(4, "0")}`,
    String(id),
    `${id % 2 === 0 ? "-" : ""}${id}.5`,
    id % 2 === 0 ? "t" : "f",
    id % 2 === 0 ? "1" : "f",
    (id % 512).toString(2).padStart(9, "0"),
    String(1990 + (id % 40)),
    id % 100 === 3 ? "0000-00-00" : `2024-01-${String((id % 28) + 1).padStart(2, "0")}`,
    id % 2 === 0 ? "-100:30:00.500" : "08:00:00",
    id % 2 === 0 ? "2024-01-31 08:00:00.120000" : "2024-01-31",
    id % 2 === 0 ? "2024-01-31 08:00:00+00" : "2024-01-31 08:00:00.5",
    `\\x00FF${String(id % 100).padStart(2, "0")}`,
    `\\xDEAD${String(id % 100).padStart(2, "0")}`,
    id % 3 === 0 ? "sad" : "happy|",
    id % 3 === 0 ? "chess,go|" : "",
  ];
}

const rows = Array.from({ length: 600 }, (_, index) => rowOf(index + 1));

let database: TestDatabase;
let checks: Checks;
let folder: Awaited<ReturnType<typeof createFolder>>;
let people: People;
beforeAll(async () => {
  folder = await createFolder();
  const values = rows.map((row) => `(${row.map(literal).join()})`).join();
  database = await createMysqlDatabase(`SET time_zone = '+00:00';
    CREATE TABLE people (${names.map((name) => `${name} ${columns[name]}`).join()});
    INSERT INTO people VALUES ${values}; CREATE TABLE original AS SELECT * FROM people`);
  checks = await openChecks(database.url, { application: "waybill/test" });
  people = await writePeople(folder.folder, names, rows);
});
afterAll(async () => {
  await checks.close();
  await database.drop();
  await folder.remove();
});
beforeEach(() => database.query("DELETE FROM people; INSERT INTO people SELECT * FROM original"));

function literal(value: string | null, index: number): string {
  if (value === null) return "NULL";
  if (value.startsWith("\\x")) return `x'${value.slice(2)}'`;
  if (names[index] === "bits" || value === "t" || value === "f")
    return `b'${value.replace("t", "1").replace("f", "0")}'`;
  if (names[index] === "flag") return value;
  return `'${value.replace("+00", "").replaceAll("'", "''")}'`;
}

const compare = (asked: Asked) => comparePeople(checks, people, asked);

// Each of a row of its own. The rows 9 and 19 hold NULL, 8 an empty text.
const changes: readonly (readonly [id: number, change: string])[] = [
  [77, "price = price + 0.01"],
  [71, "big = big + 1"],
  [78, "price = -price"],
  [300, "name = concat(name, ' ')"],
  [5, "short = upper(short)"],
  [6, "short = replace(short, 'é', 'e')"],
  [7, "short = replace(short, '€', '')"],
  [16, "code = concat(' ', code)"],
  [1, "open = NOT open"],
  [2, "open = 7"],
  [21, "flag = b'1'"],
  [31, "bits = bits ^ 256"],
  [4, "since = since + 1"],
  [14, "since = 0"],
  [12, "born = born + INTERVAL 1 DAY"],
  [3, "born = '2024-01-01'"],
  [13, "born = 0"],
  [22, "at = '100:30:00.5'"],
  [24, "noted = noted + INTERVAL 1 MICROSECOND"],
  [15, "seen = seen + INTERVAL 1 HOUR"],
  [25, "seen = 0"],
  [17, "bytes = x'DEAE00'"],
  [100, "mark = x'000000'"],
  [41, "mood = 'sad'"],
  [33, "hobbies = 'go|'"],
  [9, "name = ''"],
  [8, "name = NULL"],
  [10, "price = NULL, born = NULL, open = NULL, mark = NULL, seen = NULL, bits = NULL"],
  [11, "name = (SELECT o.name FROM original o WHERE o.id = 55)"],
  [55, "name = (SELECT o.name FROM original o WHERE o.id = 11)"],
];

const mutations: Readonly<Record<string, string>> = {
  "a missing row": "DELETE FROM people WHERE id = 600",
  "an extra row": "INSERT INTO people (id, name) VALUES (0, NULL)",
  "a hundred rows": "UPDATE people SET name = 'x', price = price - 1000 WHERE id % 6 = 0",
  "another key": "UPDATE people SET id = 10001 WHERE id = 12",
  "no row at all": "DELETE FROM people",
};

describe("comparing with a MySQL target by the checksums of buckets", () => {
  findAlike({ query: (sql) => database.query(sql), compare, mutations, dropKey: "DROP PRIMARY KEY" });

  it("finds and names each value that changed, as comparing all rows does", async () => {
    const statements = changes.map(([id, change]) => `UPDATE people SET ${change} WHERE id = ${id}`);
    await database.query(`SET time_zone = '+00:00'; ${statements.join("; ")}`);

    const [all, some] = [await compare({ level: "rows" }), await compare({ level: "buckets" })];

    expect(some.compared).toMatchObject({ level: "buckets", changed: changes.length });
    expect(numbersOf(some)).toEqual(numbersOf(all));
    expect(some.lines).toBe(all.lines);
  });

  it("finds no difference where the files only spell values otherwise", async () => {
    const { compared, lines } = await compare({ level: "buckets" });

    expect(compared).toMatchObject({ level: "buckets", expected: 600, actual: 600, equal: 600, pairedBy: ["id"] });
    expect(lines).toBe("");
    expect(howCompared(compared)).toEqual(["by checksums of all rows, which the target computed"]);
  });

  // A MySQL from 9.6 on has no MD5, of which a manifest's sum is.
  it.runIf(server.product === "mariadb")("MariaDB: reads no file of values that all files spell alike", async () => {
    const some = ["id", "name", "price", "open", "since", "hobbies"];
    const spelled = rows.map((row) => some.map((name) => row[names.indexOf(name)] ?? null));

    const compared = await compareStated(checks, some, spelled);

    expect(compared).toMatchObject({ level: "buckets", expected: 600, equal: 600, extra: 0 });
  });

  it("pairs by no key that a NULL or a row found equal keeps from naming one", async () => {
    await database.query("ALTER TABLE people DROP PRIMARY KEY, MODIFY id int NULL");
    const twice = [...rows.slice(0, 599), rowOf(5).with(1, "another")];
    const files = await writePeople((await createFolder()).folder, names, twice);
    const found = async () => [
      await comparePeople(checks, files, { level: "rows", key: ["id"] }),
      await comparePeople(checks, files, { level: "buckets", key: ["id"] }),
    ];

    const [byRows, byBuckets] = await found();
    await database.query("UPDATE people SET id = NULL WHERE id = 600");
    const [all, some] = [
      await compare({ level: "rows", key: ["id"] }),
      await compare({ level: "buckets", key: ["id"] }),
    ];
    await database.query("DELETE FROM people; ALTER TABLE people ADD PRIMARY KEY (id)");

    expect(byBuckets?.compared).toMatchObject({ level: "buckets", missing: 1, extra: 1, pairedBy: [] });
    expect([byBuckets, some].map((one) => one?.lines)).toEqual([byRows, all].map((one) => one?.lines));
    expect(some?.compared).toMatchObject({ level: "buckets", missing: 1, extra: 1, pairedBy: [] });
  });

  it("compares all rows where one that differs holds what its column does not take twice", async () => {
    await database.query("UPDATE people SET mood = '' WHERE id = 3; UPDATE people SET name = 'other' WHERE id = 4");

    const [all, some] = [await compare({ level: "rows" }), await compare({ level: "buckets" })];

    expect(some.compared).toMatchObject({ level: "rows", changed: 2, columns: { mood: 1, name: 1 } });
    expect(howCompared(some.compared)).toEqual([expect.stringContaining("column mood")]);
    expect(some.lines).toBe(all.lines);
  });

  it.each([
    ["price", "double", "no checksum is proven for price (double)"],
    ["short", "varchar(40) CHARACTER SET cp1250", "no checksum is proven for short (varchar(40))"],
  ])("compares row by row, and says why, where %s is a %s", async (name, type, why) => {
    await database.query(`ALTER TABLE people MODIFY ${name} ${type}`);

    const { compared } = await compare({ level: "buckets" });
    await database.query(`ALTER TABLE people MODIFY ${name} ${columns[name]}`);

    expect(howCompared(compared)).toEqual([`compared row by row: ${why}`]);
    expect(compared).toMatchObject({ level: "rows", equal: 600 });
  });

  it("compares row by row what is longer than the server computes a checksum of, and takes it for no NULL", async () => {
    const [row] = await database.query("SELECT @@max_allowed_packet AS bytes");
    await database.query(`UPDATE people SET bytes = NULL; ALTER TABLE people MODIFY bytes longblob;
      UPDATE people SET bytes = repeat('x', ${Number(row?.bytes) / 2}) WHERE id = 9`);
    const none = rows.map((one) => one.map((value, index) => (names[index] === "bytes" ? null : value)));

    const { compared } = await comparePeople(checks, await writePeople(folder.folder, names, none), {
      level: "buckets",
    });
    await database.query(`UPDATE people SET bytes = NULL; ALTER TABLE people MODIFY bytes ${columns.bytes}`);

    expect(compared).toMatchObject({ level: "rows", changed: 1, equal: 599, columns: { bytes: 1 } });
    expect(howCompared(compared)).toEqual([
      "compared row by row: the server computes no checksum of 1 of its rows, which are too long for it",
    ]);
  });
});
