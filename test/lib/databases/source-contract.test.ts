import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openSource } from "../../../lib/databases/open-source.js";
import type { Selection, Source, SourceTable } from "../../../lib/databases/port.js";
import { parseRows } from "../../../lib/files/csv-rows.js";
import type { Extract } from "../../../lib/mapping/migration.js";
import { checksumOfRow, type RowDigest } from "../../../lib/model/checksum.js";
import { extractName } from "../../../lib/model/names.js";
import { createMysqlDatabase, spelled } from "../../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";

const words = ["a", "A", "á", "b", "a ", "", "|n", 'say "x", y', "line\nfeed", "\\N", "𝔘"];

/** The same rows in both databases: keys that repeat and keys that are NULL, texts that collations call equal. */
const rows = Array.from({ length: 90 }, (_, n) => ({
  id: n * 7 - 200,
  grp: n % 11 === 0 ? null : n % 13,
  word: n % 17 === 0 ? null : (words[n % words.length] ?? ""),
  price: n % 5 === 0 ? null : `${n - 40}.${10 + n}`,
  day: n % 19 === 0 ? null : `20${20 + (n % 5)}-0${1 + (n % 9)}-15`,
}));

const quoted = (value: string | number | null) =>
  value === null ? "NULL" : `'${String(value).replaceAll("'", "''")}'`;

const inserts = (literal: (text: string) => string) => `
  INSERT INTO things VALUES ${rows.map(({ id, grp, word, price, day }) => `(${id}, ${grp}, ${word === null ? "NULL" : literal(quoted(word))}, ${price}, ${quoted(day)})`)};
  INSERT INTO owners VALUES (3, 'a'), (5, 'A'), (7, NULL);`;

const databases = {
  PostgreSQL: () =>
    createDatabase(`
      CREATE TABLE things (id int PRIMARY KEY, grp int, word text COLLATE "und-x-icu", price numeric(12,3), day date);
      CREATE INDEX ON things (grp);
      CREATE TABLE owners (grp smallint, word varchar(20));
      ${inserts((word) => word)}`),
  [spelled({ mariadb: "MariaDB", mysql: "MySQL" })]: () =>
    createMysqlDatabase(`
      CREATE TABLE things (id int PRIMARY KEY, grp int, word text COLLATE utf8mb4_general_ci, price decimal(12,3), day date, KEY (grp));
      CREATE TABLE owners (grp smallint, word varchar(20) COLLATE utf8mb4_general_ci);
      ${inserts((word) => word.replaceAll("\\", "\\\\"))}`),
};

const things: Extract = {
  name: extractName("things"),
  source: undefined,
  from: { kind: "table", table: "things" },
  where: undefined,
  key: undefined,
  watermark: undefined,
  rowChecksum: true,
  partRows: 20,
  partBy: undefined,
  invalidText: "refuse",
};
const owners: Extract = { ...things, name: extractName("owners"), from: { kind: "table", table: "owners" } };
const all: Selection = { kind: "all" };

/** Extracts, and what they hold: whatever database they come from. */
const extracts: Readonly<Record<string, Extract>> = {
  "by its primary key": things,
  "by a key that repeats and may be NULL": { ...things, key: ["grp"], partRows: 10 },
  "by a text": { ...things, key: ["word"], partRows: 10 },
  "by a text and a number": { ...things, key: ["word", "grp"], partRows: 10 },
  "by a number with digits": { ...things, key: ["price"], partRows: 10 },
  "by a date": { ...things, key: ["day"], partRows: 10 },
  "without a key": { ...owners, partRows: 1 },
  "cut by quarters": { ...things, partBy: { column: "day", every: "quarter" } },
  "cut by years": { ...things, partBy: { column: "day", every: "year" } },
  "some rows of it": { ...things, where: "price > 0 -- and no more" },
  "a SELECT": {
    ...things,
    from: { kind: "select", sql: "SELECT word, id, grp + 1 AS next FROM things;" },
    key: ["id"],
  },
};

const selections: Readonly<Record<string, Selection>> = {
  "one key": { kind: "key", values: { id: "-200" } },
  "a key that is a text": { kind: "key", values: { word: "a" } },
  "a key that is NULL": { kind: "key", values: { grp: null, id: "-200" } },
  "several keys": { kind: "keys", columns: ["id"], rows: [["-200"], ["-193"], ["1"]] },
  "keys of two columns": {
    kind: "keys",
    columns: ["grp", "word"],
    rows: [
      ["1", "A"],
      [null, "a"],
      ["2", null],
    ],
  },
  "no key": { kind: "keys", columns: ["id"], rows: [] },
  "a sample": { kind: "sample", rowCount: 9 },
  "texts from elsewhere": {
    kind: "texts",
    columns: ["grp", "word"],
    rows: [
      ["1", "A"],
      ["2", "á"],
      ["x", "y"],
    ],
  },
  "any of several": {
    kind: "any",
    of: [
      { kind: "key", values: { id: "-200" } },
      { kind: "sample", rowCount: 3 },
    ],
  },
  "none of none": { kind: "any", of: [] },
};

const opened = new Map<string, { readonly database: TestDatabase; readonly source: Source }>();
beforeAll(async () => {
  for (const [name, create] of Object.entries(databases)) {
    const database = await create();
    opened.set(name, { database, source: await openSource(database.url, { application: "waybill/test", jobs: 2 }) });
  }
});
afterAll(async () => {
  for (const { database, source } of opened.values()) {
    await source.close();
    await database.drop();
  }
});

function sourceOf(name: string): Source {
  const found = opened.get(name);
  if (found === undefined) throw new Error(`${name} is not open`);
  return found.source;
}

/** The parts of an extract as CSV with the MD5 of each row: of a server that has none, its own checksum is proved first. */
async function partsOf(source: Source, extract: Extract): Promise<readonly string[]> {
  const table = await source.describe(extract);
  const parts: string[] = [];
  for await (const range of source.ranges(extract, table))
    await source.copy({ extract, table, range, selection: all }, async (copy) => {
      parts.push(withMd5(await text(copy.rows), source.rowDigest));
      expect(await copy.serverRowCount()).toBe(parseRows(parts.at(-1) ?? "").length);
    });
  return parts;
}

function withMd5(csv: string, digest: RowDigest): string {
  if (digest === "md5") return csv;
  const rows = parseRows(csv);
  expect(rows.map((row) => row.at(-1))).toEqual(rows.map((row) => checksumOfRow(row.slice(0, -1), digest)));
  let index = 0;
  return csv.replace(/(?<=,)[\da-f]{32}$/gm, () => checksumOfRow(rows[index++]?.slice(0, -1) ?? []));
}

async function selected(source: Source, table: SourceTable, selection: Selection): Promise<string> {
  let csv = "";
  await source.copy({ extract: things, table, range: undefined, selection }, async (copy) => {
    csv = withMd5(await text(copy.rows), source.rowDigest);
  });
  expect(await source.count(things, table, selection)).toBe(parseRows(csv).length);
  return csv;
}

describe("both databases give the same bytes for the same rows", () => {
  it.each(Object.keys(extracts))("of an extract %s: parts, order and row checksums", async (name) => {
    const extract = extracts[name] ?? things;

    const [one = [], other = []] = await Promise.all(
      Object.keys(databases).map((database) => partsOf(sourceOf(database), extract)),
    );

    expect(other).toEqual(one);
    const rowCount = one.flatMap((part) => parseRows(part)).length;
    const [[counted, leftOut], others] = (await Promise.all(
      Object.keys(databases).map(async (database) => {
        const table = await sourceOf(database).describe(extract);
        return [await sourceOf(database).count(extract, table, all), await sourceOf(database).countLeftOut(extract)];
      }),
    )) as [[number, number], [number, number]];
    expect(others).toEqual([counted, leftOut]);
    expect(counted).toBe(rowCount);
    expect(counted + leftOut).toBe(extract.from.kind === "table" && extract.from.table === "owners" ? 3 : rows.length);
    expect(one.length).toBeGreaterThan(1);
  });

  it.each(Object.keys(selections))("of a selection: %s", async (name) => {
    const selection = selections[name] ?? all;

    const [one, other] = await Promise.all(
      Object.keys(databases).map(async (database) => {
        const source = sourceOf(database);
        return await selected(source, await source.describe(things), selection);
      }),
    );

    expect(other).toBe(one);
    expect(one === "").toBe(["no key", "none of none"].includes(name));
  });

  it("of the parents that selected rows refer to", async () => {
    const found = await Promise.all(
      Object.keys(databases).map(async (database) => {
        const source = sourceOf(database);
        const [table, other] = [await source.describe(things), await source.describe(owners)];
        const columns = ["grp", "word"];
        const selection: Selection = {
          kind: "matching",
          columns,
          of: owners,
          table: other,
          otherColumns: columns,
          selection: all,
        };
        return await selected(source, table, selection);
      }),
    );

    expect(found[1]).toBe(found[0]);
    expect(found[0]).not.toBe("");
  });
});

describe.each(Object.keys(databases))("%s", (name) => {
  const database = (): TestDatabase => {
    const found = opened.get(name);
    if (found === undefined) throw new Error(`${name} is not open`);
    return found.database;
  };
  /** A source of the test's own: an error ends the transaction of a PostgreSQL session. */
  const fresh = async (): Promise<Source> => {
    const source = await openSource(database().url, { application: "waybill/test", jobs: 2 });
    onTestFinished(() => source.close());
    return source;
  };

  it("names the very database, and never its URL", () => {
    const { identity } = sourceOf(name);

    expect(identity.product).toBe(name.toLowerCase());
    expect(identity.identity).toContain(database().name);
    expect(identity.identity).not.toContain("@");
  });

  it("names the nearest table where there is none of that name", async () => {
    const missing = { ...things, from: { kind: "table", table: "thingz" } } as const;

    const described = (await fresh()).describe(missing);

    await expect(described).rejects.toMatchObject({ kind: "missing", hint: "did you mean things?" });
  });

  it("says what is wrong with SQL of the specification", async () => {
    const wrong = { ...things, where: "pirce > 0" };
    const source = await fresh();

    const counted = source.describe(wrong).then((table) => source.count(wrong, table, all));

    await expect(counted).rejects.toMatchObject({
      kind: "specification",
      message: expect.stringContaining("pirce"),
    });
  });

  it("sees nothing that is written after it was opened, on none of its connections", async () => {
    const source = await fresh();
    const before = await partsOf(source, things);

    await database().query("INSERT INTO things VALUES (9999, 1, 'late', 1, NULL); DELETE FROM things WHERE id = -193");
    const [after, now] = [await partsOf(source, things), await partsOf(await fresh(), things)];

    expect(after).toEqual(before);
    expect(now).not.toEqual(before);
    expect(after).toEqual(await partsOf(sourceOf(name), things));
  });

  it("cannot write, whatever the specification's SQL says", async () => {
    const before = await database().count("things");
    const writing = { ...things, from: { kind: "select", sql: "DELETE FROM things" } } as const;

    const described = (await fresh()).describe(writing);

    await expect(described).rejects.toMatchObject({ kind: expect.any(String) });
    expect(await database().count("things")).toBe(before);
  });
});
