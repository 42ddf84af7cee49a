import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMysqlDatabase, server, spelled } from "../../support/mariadb.js";
import type { TestDatabase } from "../../support/postgres.js";
import { createMigration, type TestMigration } from "../migration-fixture.js";
import { manifestIn, rowsIn, textOf } from "../stage-files.js";
import { assertChecksums } from "./row-checksums.js";

/** Of each type: a value as MySQL's SQL writes it, and the text that stands in the file. NULL comes besides. */
const types: Readonly<Record<string, readonly (readonly [sql: string, text: string])[]>> = {
  boolean: [
    ["true", "1"],
    ["false", "0"],
    ["7", "7"],
  ],
  "tinyint unsigned": [["255", "255"]],
  "int(5) zerofill": [["42", "42"]],
  mediumint: [["-8388608", "-8388608"]],
  bigint: [
    ["-9223372036854775808", "-9223372036854775808"],
    ["9007199254740993", "9007199254740993"],
  ],
  "bigint unsigned": [["18446744073709551615", "18446744073709551615"]],
  "decimal(65,30)": [
    [
      "'-12345678901234567890123456789012345.123456789012345678901234567890'",
      "-12345678901234567890123456789012345.123456789012345678901234567890",
    ],
    ["0", "0.000000000000000000000000000000"],
  ],
  "decimal(8,2) zerofill": [["1.5", "1.50"]],
  float: [
    ["16777216", "16777216"],
    ["0.1", "0.10000000149011612"],
    ["3.4028234e38", "3.4028234663852886e38"],
  ],
  "float(7,4)": [["1.5", "1.5000"]],
  double: [
    ["0.1e0 + 0.2e0", "0.30000000000000004"],
    ["5e-324", "5e-324"],
    ["1e21", "1e21"],
  ],
  "double(10,2)": [["1.5", "1.50"]],
  "bit(1)": [["1", "1"]],
  "bit(9)": [["b'101'", "000000101"]],
  "bit(64)": [
    ["b'1' << 63", `1${"0".repeat(63)}`],
    ["~0", "1".repeat(64)],
  ],
  year: [
    ["0", "0000"],
    ["1901", "1901"],
    ["2155", "2155"],
  ],
  date: [
    ["'0000-00-00'", "0000-00-00"],
    ["'2024-00-00'", "2024-00-00"],
    ["'2024-02-00'", "2024-02-00"],
    ["'9999-12-31'", "9999-12-31"],
  ],
  time: [
    ["'838:59:59'", "838:59:59"],
    ["'-00:00:01'", "-00:00:01"],
  ],
  "time(3)": [["'-838:59:58.999'", "-838:59:58.999"]],
  datetime: [
    ["'2024-03-31 02:30:00'", "2024-03-31 02:30:00"],
    ["'0000-00-00 00:00:00'", "0000-00-00 00:00:00"],
  ],
  "datetime(6)": [["'2024-03-31 02:30:00.123456'", "2024-03-31 02:30:00.123456"]],
  "timestamp(3) null": [
    ["'2024-03-31 02:30:00.123'", "2024-03-31 02:30:00.123+00"],
    ["'0000-00-00 00:00:00'", "0000-00-00 00:00:00.000"],
  ],
  "char(5)": [["'a  '", "a"]],
  "varchar(20)": [
    ["'a  '", "a  "],
    ["''", ""],
    ["'\\\\N'", "\\N"],
    ["'|n'", "|n"],
    ["'a|,b'", "a|,b"],
    ["'a,\"b\"\\r\\n'", 'a,"b"\r\n'],
    ["'\\\\'", "\\"],
  ],
  "varchar(20) character set latin1": [["x'80E95C'", "€é\\"]],
  "varchar(20) character set utf8mb3": [["'é'", "é"]],
  "varchar(20) character set ucs2": [["'é€'", "é€"]],
  "varchar(20) character set sjis": [["'Ａ表'", "Ａ表"]],
  longtext: [["repeat('ü|', 1000)", "ü|".repeat(1000)]],
  // MySQL keeps no text but the value, and prints it anew.
  json: [
    [
      `'{"b": 1.0,  "a": [1, "|"]}'`,
      spelled({ mariadb: '{"b": 1.0,  "a": [1, "|"]}', mysql: '{"a": [1, "|"], "b": 1.0}' }),
    ],
    [`'12345678901234567890'`, "12345678901234567890"],
  ],
  "enum('x','ÿ','b,c')": [
    ["'ÿ'", "ÿ"],
    ["'b,c'", "b,c"],
    ["'not one of them'", ""],
  ],
  "set('a','b','c')": [
    ["'c,a'", "a,c"],
    ["''", ""],
  ],
  "binary(4)": [["x'00ff'", "\\x00ff0000"]],
  "varbinary(9)": [
    ["''", "\\x"],
    ["'|'", "\\x7c"],
  ],
  longblob: [["repeat(x'00ff7c', 1000)", `\\x${"00ff7c".repeat(1000)}`]],
  geometry: [
    ["ST_GeomFromText('POINT(1 -2)')", "0101000000000000000000F03F00000000000000C0"],
    // MySQL takes the latitude first, and stores the longitude first as PostGIS does.
    [
      `ST_GeomFromText('${spelled({ mariadb: "POINT(1 -2)", mysql: "POINT(-2 1)" })}', 4326)`,
      "0101000020E6100000000000000000F03F00000000000000C0",
    ],
  ],
  ...typesOfItsOwn(),
};

function typesOfItsOwn(): Readonly<Record<string, readonly (readonly [sql: string, text: string])[]>> {
  const vector = "\\x0000803f0000204000007fc7";
  if (server.product === "mysql")
    return {
      "vector(3)": [["string_to_vector('[1, 2.5, -65280]')", vector]],
      "point srid 4326": [
        ["ST_GeomFromText('POINT(-2 1)', 4326)", "0101000020E6100000000000000000F03F00000000000000C0"],
      ],
      "varchar(9) collate utf8mb4_0900_ai_ci": [["'a '", "a "]],
    };
  return {
    uuid: [["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
    inet6: [["'2001:db8::ff'", "2001:db8::ff"]],
    inet4: [["'10.0.0.1'", "10.0.0.1"]],
    "varchar(9) character set ucs2 collate ucs2_uca1400_ai_ci": [["'中é'", "中é"]],
    ...(server.version >= 1105 && { "timestamp null": [["'2106-02-07 06:28:15'", "2106-02-07 06:28:15+00"]] }),
    ...(server.version >= 1107 && { "vector(3)": [["vec_fromtext('[1, 2.5, -65280]')", vector]] }),
  };
}

const columns = Object.keys(types).map((_, index) => `c${index}`);
const rowCount = Math.max(...Object.values(types).map((values) => values.length)) + 1;

let source: TestDatabase;
beforeAll(async () => {
  const rows = Array.from(
    { length: rowCount },
    (_, row) => `(${[row, ...Object.values(types).map((values) => values[row]?.[0] ?? "NULL")]})`,
  );
  source = await createMysqlDatabase(`
    CREATE TABLE edges (id int PRIMARY KEY, ${Object.keys(types).map((type, index) => `c${index} ${type}`)});
    ${rows.map((row) => `INSERT INTO edges VALUES ${row};`).join("\n")}`);
});
afterAll(() => source.drop());

async function extracted(extracts: readonly string[], database = source): Promise<TestMigration> {
  const migration = await createMigration({ source: database.url, extracts });
  const result = await migration.run("extract");
  expect(result.exitCode, result.stderr).toBe(0);
  return migration;
}

const folderOf = ({ work }: TestMigration, name: string) => join(work, "extract", name);

/** What the file must hold: the texts of every type, row by row. */
const expected = Array.from({ length: rowCount }, (_, row) => [
  String(row),
  ...Object.values(types).map((values) => values[row]?.[1] ?? null),
]);

describe("every value of every type", () => {
  it("stands in the file as FORMATS.md says, NULL as NULL", async () => {
    const migration = await extracted(["edges: { row_checksum: false }"]);

    const rows = await rowsIn(folderOf(migration, "edges"));

    const byType = (all: typeof rows) =>
      Object.fromEntries(Object.keys(types).map((type, index) => [type, all.map((row) => row[index + 1])]));
    expect(byType(rows)).toEqual(byType(expected));
  });

  it("comes the same out of a SELECT, whose columns only the protocol describes", async () => {
    const select = `SELECT id, ${columns.join(", ")} FROM edges`;
    const migration = await extracted([`edges: { select: "${select}", key: [id], row_checksum: false }`]);

    const rows = await rowsIn(folderOf(migration, "edges"));

    expect(rows).toEqual(expected);
  });

  it("goes into the row's checksum as it stands in the file", async () => {
    const migration = await extracted(["edges: { part_rows: 3 }"]);

    await assertChecksums(folderOf(migration, "edges"));
  });

  it("can be a key: parts by it hold all rows, and a row is found by it", async () => {
    const keys = columns.filter((_, index) => (Object.values(types)[index]?.length ?? 0) > 1);
    const migration = await extracted(
      keys.map((name) => `${name}: { table: edges, key: [${name}, id], part_rows: 2 }`),
    );

    for (const name of keys) {
      const rows = await rowsIn(folderOf(migration, name));
      expect(
        rows.map(([id]) => Number(id)).sort((a, b) => a - b),
        name,
      ).toEqual(expected.map((_, row) => row));
      const place = columns.indexOf(name) + 1;
      expect(rows[0]?.[place], `${name}: NULL first`).toBe(null);
    }
  });
});

it("writes the header and rows as the dialect says, to the byte", async () => {
  const database = await createMysqlDatabase(
    "CREATE TABLE `Odd ``Tab; le` (`Id, x` int PRIMARY KEY, `sel``ect` text, `ünï` text); INSERT INTO `Odd ``Tab; le` VALUES (1, 'a,b', 'c\\nd'), (2, NULL, ''), (3, '\\\\N', '\"');",
  );
  const migration = await extracted(['odd: { table: "`Odd ``Tab; le`", row_checksum: false }'], database);

  const text = await textOf(join(folderOf(migration, "odd"), "part-00000.csv.gz"));

  await database.drop();
  expect(text).toBe('"Id, x",sel`ect,ünï\n1,"a,b","c\nd"\n2,\\N,\n3,"\\N",""""\n');
});

it("reads generated and invisible columns, views, and names that are reserved", async () => {
  const database = await createMysqlDatabase(`
    CREATE TABLE \`order\` (\`select\` int PRIMARY KEY, hidden int INVISIBLE DEFAULT 5,
      doubled int AS (\`select\` * 2) VIRTUAL, \`stored\` int AS (\`select\` * 3) STORED);
    INSERT INTO \`order\` (\`select\`) VALUES (2), (1);
    CREATE VIEW seen AS SELECT \`select\` AS a, upper('é') AS b FROM \`order\``);
  const migration = await extracted(["order: {}", "seen: { key: [a] }"], database);

  const [rows, seen] = [await rowsIn(folderOf(migration, "order")), await rowsIn(folderOf(migration, "seen"))];

  await database.drop();
  expect(rows.map((row) => row.slice(0, 4))).toEqual([
    ["1", "5", "2", "3"],
    ["2", "5", "4", "6"],
  ]);
  expect(seen.map((row) => row.slice(0, 2))).toEqual([
    ["1", "É"],
    ["2", "É"],
  ]);
  await assertChecksums(folderOf(migration, "seen"));
});

// A primary key that MySQL made by itself, indexes over expressions, and a view whose rows are documents.
it.skipIf(server.product === "mariadb")("reads what only MySQL has: keys, defaults, indexes and views", async () => {
  const database = await createMysqlDatabase(`
    SET SESSION sql_generate_invisible_primary_key = 1;
    CREATE TABLE keyless (word varchar(9)); INSERT INTO keyless VALUES ('b'), ('a'), ('b');
    SET SESSION sql_generate_invisible_primary_key = 0;
    CREATE TABLE things (id int UNSIGNED ZEROFILL, tags json DEFAULT (json_array()), word text DEFAULT ('é'), n int DEFAULT 5 INVISIBLE,
      twice int AS (n * 2) STORED INVISIBLE, PRIMARY KEY (id DESC), CHECK (n < 100), KEY ((lower(substr(word, 1, 9)))),
      KEY ((cast(tags->'$' AS unsigned array))));
    INSERT INTO things (id) VALUES (2), (1);
    ANALYZE TABLE things UPDATE HISTOGRAM ON n;
    CREATE JSON RELATIONAL DUALITY VIEW documents AS SELECT json_duality_object('_id': id, 'n': n) FROM things`);
  const plain = "row_checksum: false";
  const migration = await extracted(
    [
      `keyless: { part_rows: 1, ${plain} }`,
      `things: { part_rows: 1, ${plain} }`,
      `documents: { key: [data], ${plain} }`,
    ],
    database,
  );

  const [keyless, things, documents] = await Promise.all(
    ["keyless", "things", "documents"].map((name) => rowsIn(folderOf(migration, name))),
  );

  await database.drop();
  expect(keyless).toEqual([
    ["1", "b"],
    ["2", "a"],
    ["3", "b"],
  ]);
  expect((await manifestIn(folderOf(migration, "keyless")))._waybill.details).toMatchObject({ key: ["my_row_id"] });
  expect(things).toEqual([
    ["1", "[]", "é", "5", "10"],
    ["2", "[]", "é", "5", "10"],
  ]);
  expect(documents?.map(([data]) => JSON.parse(data ?? ""))).toMatchObject([
    { _id: 1, n: 5 },
    { _id: 2, n: 5 },
  ]);
});

it("reads invisible columns through a `where` too, and finds single rows with their parents", async () => {
  const database = await createMysqlDatabase(`
    CREATE TABLE owners (code varchar(9) CHARACTER SET latin1 PRIMARY KEY, note text INVISIBLE);
    CREATE TABLE things (id int PRIMARY KEY, code varchar(9), weight float, at timestamp NULL, raw binary(2));
    INSERT INTO owners (code, note) VALUES ('é1', 'first'), ('E2', 'second'), ('x3', NULL);
    INSERT INTO things VALUES (1, 'é1', 0.1, '2024-01-01 10:00:00', 'ab'), (2, 'E2', 0.1, NULL, 'cd'), (3, 'é1', 7, NULL, NULL)`);
  const migration = await createMigration({
    source: database.url,
    extracts: ['owners: { where: "note IS NOT NULL" }', 'things: { where: "id < 3", key: [id] }'],
    files: {
      "owners.yaml": "table: owners\nfrom: owners\ncolumns: all\n",
      "things.yaml":
        "table: things\nfrom: things\ncolumns: all\nexpect:\n  - relationships: { column: code, to: owners.code }\n",
    },
  });

  const [whole, unit, sample] = [
    await migration.run("extract"),
    await migration.run("extract", ["things", "--key", "1"]),
    await migration.run("extract", ["things", "--sample", "1"]),
  ];

  await database.drop();
  expect(
    [whole, unit, sample].map(({ exitCode, stderr }) => [exitCode, stderr]).filter(([code]) => code !== 0),
  ).toEqual([]);
  const folders = unit.stdout
    .trim()
    .split("\n")
    .map((path) => path.replace("/manifest.json", ""));
  const rows = await Promise.all(folders.map(rowsIn));
  expect(rows.map((all) => all.map((row) => row.slice(0, -1)))).toEqual([
    [["é1", "first"]],
    [["1", "é1", "0.10000000149011612", "2024-01-01 10:00:00+00", "\\x6162"]],
  ]);
  expect(await rowsIn(folderOf(migration, "owners"))).toHaveLength(2);
  expect((await manifestIn(folderOf(migration, "things")))._waybill.details).toMatchObject({ leftOutByWhere: 1 });
});

it("orders and cuts text by its bytes, whatever its collation calls equal", async () => {
  const words = ["a", "A", "á", "Z", "z", "a ", "a\t", "", "ä", "ae", "ß", "ss", "𝔘", "\uFFFD"];
  const database = await createMysqlDatabase(
    `CREATE TABLE words (word varchar(9) COLLATE utf8mb4_general_ci, n int); INSERT INTO words VALUES ${words.map((word, n) => `('${word}', ${n})`)};`,
  );
  const migration = await extracted(["words: { key: [word], part_rows: 3, row_checksum: false }"], database);

  const rows = await rowsIn(folderOf(migration, "words"));

  await database.drop();
  expect(rows.map(([word]) => word)).toEqual([...words].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  expect((await manifestIn(folderOf(migration, "words"))).resources.length).toBe(5);
});
