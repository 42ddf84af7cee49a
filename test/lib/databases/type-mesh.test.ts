import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openChecks } from "../../../lib/databases/open-checks.js";
import { openTarget } from "../../../lib/databases/open-target.js";
import type { DatabaseColumn } from "../../../lib/databases/port.js";
import { readColumnType } from "../../../lib/mapping/column-type.js";
import { unlikeTypes } from "../../../lib/mapping/unlike-types.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { normalTextsOfFiles, normalTextsOfMysql, normalTextsOfPostgres } from "./type-mesh/normal-texts.js";
import { planned, readTables, type SourceValue, sourceValues } from "./type-mesh/run-mesh.js";
import { isSameValue, isSensible } from "./type-mesh/same-value.js";
import { partOf, takeMysql, takePostgres } from "./type-mesh/take-texts.js";
import { type MeshType, mysqlTypes, postgresSetup, postgresTypes } from "./type-mesh/types.js";

const targets = {
  PostgreSQL: { types: postgresTypes, take: takePostgres, normalTexts: normalTextsOfPostgres },
  MySQL: { types: mysqlTypes, take: takeMysql, normalTexts: normalTextsOfMysql },
} as const;

let databases: Readonly<Record<keyof typeof targets, TestDatabase>>;
let values: readonly SourceValue[];
let texts: readonly string[];

beforeAll(async () => {
  const [postgres, mysql] = await Promise.all([createDatabase(postgresSetup), createMysqlDatabase()]);
  databases = { PostgreSQL: postgres, MySQL: mysql };
  values = [...(await sourceValues(postgres, postgresTypes)), ...(await sourceValues(mysql, mysqlTypes))];
  texts = [...new Set(values.map(({ text }) => text))];
});
afterAll(async () => {
  for (const database of Object.values(databases)) await database.drop();
});

describe.each(Object.keys(targets) as (keyof typeof targets)[])(
  "into %s, every value of every type of both databases",
  (product) => {
    it("arrives as it is, or is refused, and validate tells it from every other", { timeout: 60_000 }, async () => {
      const { types, take, normalTexts } = targets[product];
      const database = databases[product];
      const tables = types.map((_, index) => `mesh_${index}`);
      await database.query(
        types.map(({ type }, index) => `CREATE TABLE mesh_${index} (id int PRIMARY KEY, v ${type} NULL)`).join(";\n"),
      );
      const columns = await valueColumns(database.url, tables);
      const fitting = await planned(
        columns.map(({ valueType, databaseType }) => valueType ?? databaseType),
        texts,
      );

      const offered = types.map(({ type }, index) => ({
        table: `mesh_${index}`,
        type,
        texts: [...(fitting[index] ?? [])],
      }));
      const taken = await take(database, offered);
      const stored = await readTables(database.url, tables);
      const compared = await compareAll(database.url, tables, taken);
      const normal = await normalTexts(database, columns);
      const ofFiles = await normalTextsOfFiles(
        normal.map((one, index) => ({ form: one?.form, texts: taken[index] ?? [] })),
      );

      const changed = types.flatMap((target, index) =>
        (taken[index] ?? []).flatMap((text, row) => {
          const found = stored[index]?.[row]?.[1] ?? "NULL";
          const unlike = values.filter(
            (value) =>
              value.text === text &&
              isSensible(value.of, target) &&
              !isRefused(value.of, columns[index]) &&
              !isSameValue(value, { meaning: target.meaning, text: found }),
          );
          return unlike.map((value) => `${value.of.type} ${text} is ${found} in ${target.type}`);
        }),
      );
      const refusedByItsOwn = types.flatMap(({ type }, index) =>
        values
          .filter(
            (value) => value.of === types[index] && !taken[index]?.includes(value.text) && !value.text.includes("-00"),
          )
          .map(({ text }) => `${type} refuses ${text}`),
      );
      const confused = types.flatMap((type, index) => {
        const own = (stored[index] ?? []).map(([, value]) => value ?? "NULL");
        return confusions(type, own, { server: normal[index]?.texts ?? [], files: ofFiles[index] ?? [] });
      });
      expect(changed).toEqual([]);
      expect(confused).toEqual([]);
      expect(refusedByItsOwn).toEqual([]);
      expect(compared).toEqual(
        types.map((type, index) => {
          const own = (stored[index] ?? []).map(([, value]) => value ?? "NULL");
          return { equal: own.length, missing: 0, extra: 0, changed: 0, turned: unequalNeighbours(type, own) };
        }),
      );
    });
  },
);

/** Values whose normal texts make two of one, or one of two; what a file spells otherwise may look like no other value. */
function confusions(
  type: MeshType,
  own: readonly string[],
  { server, files }: Readonly<Record<"server" | "files", readonly (string | null)[]>>,
): readonly string[] {
  return server.flatMap((text, one) =>
    server.flatMap((other, index) => {
      const [value = "", another = ""] = [own[one], own[index]];
      const isSame = isSameValue({ meaning: type.meaning, text: value }, { meaning: type.meaning, text: another });
      const isRight = (text === other) === isSame && (files[one] !== other || isSame);
      return isRight ? [] : [`${type.type}: ${value} (${text}, ${files[one]}) and ${another} (${other})`];
    }),
  );
}

/** Transform refuses the very types, before it looks at a value. */
function isRefused({ type: source }: MeshType, column: DatabaseColumn | undefined): boolean {
  const type = readColumnType(column?.valueType ?? column?.databaseType ?? "any");
  return !("hint" in type) && unlikeTypes(source, type) !== undefined;
}

async function valueColumns(url: string, tables: readonly string[]): Promise<readonly DatabaseColumn[]> {
  const target = await openTarget(url, { application: "waybill/test", readOnly: true });
  const columns: DatabaseColumn[] = [];
  for (const table of tables) columns.push(...(await target.describe(table)).columns.slice(1));
  await target.close();
  return columns;
}

/** The same rows, each with the value of the next. */
const turn = (own: readonly string[]): readonly string[] => [...own.slice(1), ...own.slice(0, 1)];

/** In how many rows the value of the next is another one. */
function unequalNeighbours(type: MeshType, stored: readonly string[]): number {
  const next = turn(stored);
  // PostgreSQL's json is a text, in which every blank counts.
  const meaning = postgresTypes.includes(type) && type.type === "json" ? "text" : type.meaning;
  return stored.filter((text, index) => !isSameValue({ meaning, text }, { meaning, text: next[index] ?? "" })).length;
}

async function compareAll(url: string, tables: readonly string[], taken: readonly (readonly string[])[]) {
  const checks = await openChecks(url, { application: "waybill/test" });
  const found = [];
  for (const [index, table] of tables.entries()) {
    const request = { table, columns: ["id", "v"], key: undefined, allRows: true, parts: [partOf(taken[index] ?? [])] };
    const { whole, turned } = await checks.checkTable(request, async (checked) => ({
      whole: await checked.compare(),
      turned: await checked.compareSample(partOf(turn(taken[index] ?? []))),
    }));
    const { equal, missing, extra, changed } = whole;
    found.push({ equal, missing, extra, changed, turned: turned.changed });
  }
  await checks.close();
  return found;
}
