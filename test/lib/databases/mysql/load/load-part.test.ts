import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { columnsOf } from "../../../../../lib/databases/mysql/catalog.js";
import { identifier, literal } from "../../../../../lib/databases/mysql/identifiers.js";
import { loadPart, slowWay } from "../../../../../lib/databases/mysql/load/load-part.js";
import { connectTarget, type TargetConnection } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { warningsOf } from "../../../../../lib/databases/mysql/load/warnings.js";
import type { PartToLoad } from "../../../../../lib/databases/target-port.js";
import { sql } from "../../../../../lib/mapping/sql.js";
import { createMysqlDatabase, server, spelled } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";
import { part, rejection } from "../../postgres/load/loading.js";

/** Types that only MariaDB has, and their values. */
const ofMariadb = (words: string): string => spelled({ mariadb: words, mysql: "" });
/** As it is stored, longitude first, which MySQL turns round. */
const asText = spelled({ mariadb: "st_astext(g)", mysql: "st_astext(g, 'axis-order=long-lat')" });

let database: TestDatabase;
let connection: TargetConnection;

beforeAll(async () => {
  database = await createMysqlDatabase(`
    CREATE TABLE texts (id int PRIMARY KEY, a text, b varchar(20) CHARACTER SET latin1);
    CREATE TABLE odd (b tinyint(1), n tinyint, u bigint unsigned, y year, dt datetime(3), ts timestamp(6) NULL, d date, t time(2),
      bits bit(9), one bit(1), raw blob, fixed binary(2), g geometry, e enum('b','a','1''2'), s set('x','y'), j json, dec102 decimal(10,2)${ofMariadb(", id uuid, ip inet6")});
    CREATE TABLE strict (id int AUTO_INCREMENT PRIMARY KEY, ts timestamp NOT NULL, name varchar(3), UNIQUE (name), CHECK (name <> 'bad'))`);
  connection = await connectTarget(database.url, { application: "waybill/test", access: "write" });
});

afterAll(async () => {
  await connection.close();
  await database.drop();
});

async function load(table: string, one: PartToLoad, by: TargetConnection = connection): Promise<void> {
  const columns = await columnsOf(by, sql`TABLE_SCHEMA = database() AND TABLE_NAME = ${literal(table)}`);
  await by.transaction(async () => {
    await by.execute(sql`DELETE FROM ${identifier(table)}`);
    await loadPart(by, { sql: identifier(table), name: table, columns }, one);
  });
}

/** A session on which the server is said to take no files. */
function withoutFiles(): TargetConnection {
  const query: TargetConnection["query"] = async (statement) =>
    statement.includes("local_infile") ? [["0"]] : await connection.query(statement);
  return { ...connection, query };
}

const ways: readonly (readonly [string, () => TargetConnection])[] = [
  ["LOAD DATA", () => connection],
  ["INSERT", withoutFiles],
];

describe.each(ways)("by %s", (_, by) => {
  it("a text arrives byte for byte, NULL apart from '' and 'NULL'", async () => {
    const rows = ["1,\\N,\\N", '2,,""', '3,"\\N",NULL', '4,"a\tb\\c\nd\r\n,""e""",\\', "5,Ünï😀 \\t\\0,é€"];

    await load("texts", part(rows), by());

    expect(await database.query("SELECT * FROM texts ORDER BY id")).toEqual([
      { id: "1", a: null, b: null },
      { id: "2", a: "", b: "" },
      { id: "3", a: "\\N", b: "NULL" },
      { id: "4", a: 'a\tb\\c\nd\r\n,"e"', b: "\\" },
      { id: "5", a: "Ünï😀 \\t\\0", b: "é€" },
    ]);
  });

  it("each type takes the text of the files in the form it stores", async () => {
    const rows = [
      "t,-7,18446744073709551615,0000,2024-02-29 12:34:56.5,2024-02-29 12:34:56.123456+00,0000-00-00,-838:59:58.1,010000001,t," +
        '\\x005c090a27,\\x0a00,0101000020e6100000000000000000f03f0000000000000040,"1\'2","y,x","{""a"": ""ü\\n""}",1.500' +
        ofMariadb(",123e4567-e89b-12d3-a456-426614174000,::1"),
      `f,7,0,2155,2024-02-29 00:00:00,\\N,2024-02-29,23:59:59,000000000,0,\\x,\\xffff,0101000000000000000000f03f0000000000000040,a,,[],-0.01${ofMariadb(",\\N,\\N")}`,
    ];

    await load("odd", part(rows), by());

    expect(
      await database.query(`SET time_zone = '+00:00'; SELECT b, n, u, y, dt, ts, d, t, bin(bits) AS bits, one + 0 AS one, hex(raw) AS raw,
        hex(fixed) AS fixed, concat(st_srid(g), ${asText}) AS g, e, s, cast(j AS char) AS j, dec102${ofMariadb(", id, ip")} FROM odd ORDER BY n`),
    ).toEqual([
      {
        ...{ b: "1", n: "-7", u: "18446744073709551615", y: "0000", dt: "2024-02-29 12:34:56.500" },
        ...{ ts: "2024-02-29 12:34:56.123456", d: "0000-00-00", t: "-838:59:58.10", bits: "10000001", one: "1" },
        ...{
          raw: "005C090A27",
          fixed: "0A00",
          g: "4326POINT(1 2)",
          e: "1'2",
          s: "x,y",
          j: '{"a": "ü\\n"}',
          dec102: "1.50",
        },
        ...(server.product === "mariadb" && { id: "123e4567-e89b-12d3-a456-426614174000", ip: "::1" }),
      },
      {
        ...{
          b: "0",
          n: "7",
          u: "0",
          y: "2155",
          dt: "2024-02-29 00:00:00.000",
          ts: null,
          d: "2024-02-29",
          t: "23:59:59.00",
        },
        ...{ bits: "0", one: "0", raw: "", fixed: "FFFF", g: "0POINT(1 2)", e: "a", s: "", j: "[]", dec102: "-0.01" },
        ...(server.product === "mariadb" && { id: null, ip: null }),
      },
    ]);
  });

  it.each([
    ["a fraction in a whole number", "n", "1.5"],
    ["a fraction of a second that is cut off", "dt", "2024-01-01 00:00:00.1234"],
    ["a number that would be seconds", "t", "42"],
    ["another zone", "ts", "2024-01-01 00:00:00+02"],
    ["a time of day in a date", "d", "2024-01-01 10:00:00"],
    ["a date in other words", "d", "24-01-01"],
    ["the number of an ENUM's word", "e", "3"],
    ["an ENUM's word in capitals", "e", "A"],
    ["a SET's bits", "s", "3"],
    ["a year of two digits", "y", "70"],
    ["bits of another length", "bits", "1"],
    ["too few bytes for a BINARY", "fixed", "\\x0a"],
    ["too many digits behind the point", "dec102", "1.555"],
    ["a number too large", "n", "128"],
    ["half a byte", "raw", "\\x0"],
  ])("%s is refused, and nothing arrives", async (_, column, value) => {
    const columns = await columnsOf(connection, sql`TABLE_SCHEMA = database() AND TABLE_NAME = 'odd'`);
    const goal = { sql: sql`odd`, name: "odd", columns: columns.filter(({ name }) => name === column) };

    const failed = await rejection(connection.transaction(() => loadPart(by(), goal, part([value]))));

    expect(failed).toMatchObject({ kind: "integrity" });
    expect(String(failed)).toMatch(new RegExp(`column .*\\b${column}\\b`));
    expect(String(failed)).not.toContain(`'${value}'`);
  });

  it.each([
    ["a NULL where a timestamp would become now", "1,\\N,a", "column ts"],
    [
      "a key that is there twice",
      "1,2024-01-01 00:00:00,a\n2,2024-01-01 00:00:00,a",
      `for key '${spelled({ mariadb: "", mysql: "strict." })}name'`,
    ],
    ["what a CHECK forbids", "1,2024-01-01 00:00:00,bad", spelled({ mariadb: "4025", mysql: "'strict_chk_1'" })],
    ["a text that is too long", "1,2024-01-01 00:00:00,geheim", "name"],
    ["blanks that would be cut off", "1,2024-01-01 00:00:00,abc ", "name"],
  ])("%s is refused by name", async (_, lines, said) => {
    const failed = await rejection(load("strict", part(lines.split("\n")), by()));

    expect(failed).toMatchObject({ kind: "integrity", message: expect.stringContaining(said) });
    expect(String(failed)).toContain("strict, part-00000.csv.gz");
    expect(String(failed)).not.toContain("geheim");
    expect(await database.count("strict")).toBe(0);
  });

  it("a 0 in an AUTO_INCREMENT column stays 0, and a short part is refused", async () => {
    await load("strict", part(["0,2024-01-01 00:00:00,a"]), by());
    const failed = await rejection(load("strict", part(["1,2024-01-01 00:00:00,b"], { rowCount: 2 }), by()));

    expect(failed).toMatchObject({ message: expect.stringContaining("promises 2 rows") });
    expect(await database.query("SELECT id, name FROM strict")).toEqual([{ id: "0", name: "a" }]);
    await database.query("DELETE FROM strict");
  });
});

it("whoever sends many rows to a server that takes no files is told how they would go in sooner", async () => {
  expect(await slowWay(withoutFiles(), "texts", 100_000)).toEqual([expect.stringContaining("SET GLOBAL local_infile")]);
  expect(await slowWay(withoutFiles(), "texts", 99_999)).toEqual([]);
  expect(await slowWay(connection, "texts", 100_000)).toEqual([]);
});

it.each(ways)(
  "by %s: a warning of the statement keeps no row back, one that the server does not tell does",
  async (_, by) => {
    await database.query(`CREATE TABLE logged (id int PRIMARY KEY, name varchar(40));
    CREATE TRIGGER named BEFORE INSERT ON logged FOR EACH ROW SET NEW.name = uuid()`);
    const [[format = ""] = []] = await connection.query(sql`SELECT @@SESSION.binlog_format`);
    // Other rows would come of it on a replica: a warning, in a binlog of statements.
    await connection.execute(sql`SET SESSION binlog_format = 'STATEMENT'`);
    try {
      await load("logged", part(["1,a", "2,b"]), by());
      expect(await database.count("logged")).toBe(2);

      await connection.execute(sql`SET SESSION max_error_count = 0`);
      const { warningCount } = await connection.execute(sql`INSERT INTO logged VALUES (9, 'x')`);
      expect(warningCount).toBe(1);
      expect(await warningsOf(connection, 1)).toEqual([
        ["Warning", "1105", expect.stringContaining("it tells of 0 of 1 warnings")],
      ]);
    } finally {
      await connection.execute(sql`SET SESSION max_error_count = 65535, binlog_format = ${literal(format ?? "")}`);
      await database.query("DROP TABLE logged");
    }
  },
);

it("rows that break off end the session, and none of them stays", async () => {
  const own = await connectTarget(database.url, { application: "waybill/test", access: "write" });
  const lines = Array.from({ length: 50_000 }, (_, index) => `${index},text,text\n`).join("");
  const open = () =>
    Readable.from(
      (function* () {
        yield lines;
        throw new Error("the disk is gone");
      })(),
      { objectMode: false },
    );
  const columns = await columnsOf(own, sql`TABLE_SCHEMA = database() AND TABLE_NAME = 'texts'`);
  await database.query("DELETE FROM texts");

  // Not in a transaction: whatever the server takes for whole would be committed.
  const failed = await rejection(loadPart(own, { sql: sql`texts`, name: "texts", columns }, part([], { open })));

  expect(String(failed)).toContain("the disk is gone");
  await expect(own.query(sql`SELECT 1`)).rejects.toThrow();
  const running = `information_schema.processlist WHERE db = '${database.name}' AND info LIKE 'LOAD DATA%'`;
  await expect.poll(() => database.count(running), { timeout: 60_000 }).toBe(0);
  expect(await database.count("texts")).toBe(0);
  await own.close();
});

it("no other file is sent, whoever asks for it", async () => {
  const own = await connectTarget(database.url, { application: "waybill/test", access: "write" });
  const other = sql`LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE texts`;

  await expect(own.execute(other)).rejects.toThrow();
  const chunks = Readable.from([Buffer.from("1\n")]);
  await expect(own.sendFile(other, { name: "part-00000.csv.gz", chunks })).rejects.toThrow("nobody offered");

  expect(await database.count("texts")).toBe(0);
  await own.close();
});
