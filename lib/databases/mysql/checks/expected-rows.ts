import { Readable } from "node:stream";
import { join, sql } from "../../../mapping/sql.js";
import type { BucketRow } from "../../../model/buckets.js";
import { encodeRow } from "../../../model/csv-dialect.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { Suspects } from "../../buckets-port.js";
import type { CheckRequest, ExpectedRows } from "../../checks-port.js";
import type { PartToLoad } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import { identifier, identifiers, literal, trusted } from "../identifiers.js";
import { loadPart } from "../load/load-part.js";
import { rowNumber } from "../load/own-tables.js";
import type { TargetConnection } from "../load/target-connection.js";
import type { ComparedColumn } from "./compare-columns.js";
import type { Sides } from "./compare-sql.js";

/** Temporary tables of the target's types, and none of its constraints: rows to compare its own with. */
const places = {
  parts: sql`waybill_expected`,
  sample: sql`waybill_sample`,
  /** Rows that only one side has, by their checksums. */
  missing: sql`waybill_missing`,
  extra: sql`waybill_extra`,
  /** Copies, for statements that look at a table twice: MySQL opens a temporary table only once in each. */
  again: sql`waybill_again`,
  extraAgain: sql`waybill_extra_again`,
} as const;

const all = Object.values(places);

/** Where the rows stand that a table is compared with. */
export interface ExpectedSides {
  /** Why they can stand nowhere: there are no temporary tables. Whatever takes rows throws it, "forbidden". */
  readonly refusal: StageError | undefined;
  of(expected: ExpectedRows): Sides;
  /** Takes the parts of the request in, once, and says which are the sides then. */
  takeParts(): Promise<Sides>;
  takeSample(part: PartToLoad): Promise<void>;
  /** From now on these rows are the sides of the parts, which are compared whole unless `isKeyed`. */
  give(suspects: Suspects, isKeyed: boolean): Promise<Sides>;
  /** Makes `again` a copy of the expected rows. */
  copyAgain(sides: Sides): Promise<void>;
}

export interface ExpectedOf {
  readonly request: CheckRequest;
  readonly sides: Pick<Sides, "actual" | "columns" | "key">;
  readonly refusal: StageError | undefined;
}

/** What brings expected rows into the tables that `createExpected` made. */
export function expectedSides(connection: TargetConnection, { request, sides, refusal }: ExpectedOf): ExpectedSides {
  const whole = { ...sides, again: places.again, actualAgain: sides.actual };
  const sidesOf = (of: ExpectedRows): Sides => ({
    ...whole,
    expected: places[of],
    allRows: of === "parts" && request.allRows,
  });
  const columns = sides.columns.map((column) => ({ ...column, nullable: true }));
  const take = async (place: Sql, part: PartToLoad) => {
    if (refusal !== undefined) throw refusal;
    await loadPart(connection, { sql: place, name: request.table, columns }, part);
  };
  // Once more where the rows were given before, and could not be taken.
  const takeGiven = async (place: Sql, again: Sql, rows: readonly BucketRow[]) => {
    if (refusal === undefined) await connection.execute(sql`DELETE FROM ${place}`);
    await take(place, partOf(rows));
    await copy(connection, { from: place, to: again, columns });
  };
  const takeAll = async () => {
    for (const part of request.parts) await take(places.parts, part);
    return sidesOf("parts");
  };
  let given: Sides | undefined;
  let taken: Promise<Sides> | undefined;
  return {
    refusal,
    of: (expected) => (expected === "parts" ? (given ?? sidesOf(expected)) : sidesOf(expected)),
    takeParts: () => (taken ??= takeAll()),
    takeSample: (part) => take(places.sample, part),
    give: async ({ expected, actual }, isKeyed) => {
      await takeGiven(places.missing, places.again, expected);
      await takeGiven(places.extra, places.extraAgain, actual);
      const key = isKeyed ? sides.key : [];
      const own = { expected: places.missing, actual: places.extra, actualAgain: places.extraAgain };
      given = { ...sidesOf("parts"), ...own, key };
      return given;
    },
    copyAgain: ({ expected }) => copy(connection, { from: expected, to: places.again, columns }),
  };
}

function partOf(rows: readonly BucketRow[]): PartToLoad {
  const csv = rows.map(encodeRow);
  const open = () => Readable.from(csv, { objectMode: false });
  return { name: "rows that differ", hash: "", rowCount: rows.length, open };
}

/** Makes the temporary tables, empty. Gives back what is to be thrown, naming the privilege, where the server does not let us. */
export async function createExpected(
  connection: TargetConnection,
  table: FoundTable,
  names: readonly string[],
): Promise<StageError | undefined> {
  const spelled = await connection.query(
    sql`SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS WHERE ${table.place}`,
  );
  const columns = names.map((name) => {
    const [, type = "", characterSet = null, collation = null] = spelled.find(([own]) => own === name) ?? [];
    const text =
      characterSet === null || collation === null
        ? sql``
        : sql` CHARACTER SET ${trusted(characterSet)} COLLATE ${trusted(collation)}`;
    return sql`${identifier(name)} ${trusted(type ?? "")}${text} NULL`;
  });
  try {
    await dropExpected(connection);
    for (const name of all)
      await connection.execute(sql`CREATE TEMPORARY TABLE ${name} (${rowNumber}, ${join(columns, ", ")})`);
    return undefined;
  } catch (error) {
    if (error instanceof StageError && error.kind === "forbidden") return mayNot(connection, error);
    throw error;
  }
}

function mayNot({ location }: TargetConnection, error: StageError): StageError {
  return new StageError(
    "forbidden",
    `rows to compare with cannot be brought into ${location}: ${error.message}`,
    `grant it: GRANT CREATE TEMPORARY TABLES ON ${location.split("/").at(-1)}.* TO the user of the connection`,
    error,
  );
}

/** Removes what `createExpected` made; outside a transaction. */
export async function dropExpected(connection: TargetConnection): Promise<void> {
  await connection.execute(sql`DROP TEMPORARY TABLE IF EXISTS ${join(all, ", ")}`);
}

interface Copy {
  readonly from: Sql;
  readonly to: Sql;
  readonly columns: readonly Pick<ComparedColumn, "name">[];
}

async function copy(connection: TargetConnection, { from, to, columns }: Copy): Promise<void> {
  const names = identifiers(columns.map(({ name }) => name));
  await connection.execute(sql`DELETE FROM ${to}`);
  await connection.execute(sql`INSERT INTO ${to} (${names}) SELECT ${names} FROM ${from}`);
}

/** Joins of whole tables are hashed in memory of this size, and groups are kept in as much. */
const workBytes = "134217728";
const settings: Readonly<Record<string, string>> = {
  join_buffer_size: workBytes,
  join_buffer_space_limit: "1073741824",
  join_cache_level: "4",
  tmp_table_size: workBytes,
  max_heap_table_size: workBytes,
  net_write_timeout: "86400",
};

/** Lets the session compare large tables, as far as this server knows the settings. */
export async function enlarge(connection: TargetConnection): Promise<void> {
  const names = join(Object.keys(settings).map(literal), ", ");
  const known = await connection.query(sql`SHOW VARIABLES WHERE Variable_name IN (${names})`);
  const assignments = known.map(([name]) => trusted(`SESSION ${name} = ${settings[name ?? ""]}`));
  if (assignments.length > 0) await connection.execute(sql`SET ${join(assignments, ", ")}`);
}
