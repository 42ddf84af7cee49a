import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { CheckRequest, ExpectedRows } from "../checks-port.js";
import type { PartToLoad } from "../target-port.js";
import type { FoundTable } from "./catalog.js";
import { wideType } from "./column-types.js";
import type { KeyedSides } from "./compare-sql.js";
import type { Connection } from "./connection.js";
import { copyPart } from "./copy-part.js";
import { identifier, joined, sql } from "./identifiers.js";

/**
 * Hashing 1.25 M rows of 160 bytes takes 206 MB, and a hash may take twice work_mem. By the planner's reckoning that needs
 * more than 256 MB: it spilled, and took 1.6 s of the server instead of 1.4.
 */
const workMemory = sql`'160MB'`;

const places: Readonly<Record<ExpectedRows, Sql>> = {
  parts: sql`pg_temp.waybill_expected`,
  sample: sql`pg_temp.waybill_sample`,
};

/** Where the rows stand that a table is compared with. */
export interface ExpectedSides {
  /** Why they can stand nowhere: there are no temporary tables. */
  readonly takesNoRows: string | undefined;
  of(expected: ExpectedRows): KeyedSides;
  /** Takes the parts of the request in, once, and says where they are. */
  takeParts(): Promise<Sql>;
  takeSample(part: PartToLoad): Promise<void>;
  /** From now on these are the sides. */
  give(expected: ExpectedRows, sides: Partial<KeyedSides>): void;
}

export interface ExpectedOf {
  readonly request: CheckRequest;
  readonly table: FoundTable;
  readonly sides: Pick<KeyedSides, "actual" | "columns" | "key">;
}

/**
 * Makes the places for expected rows: temporary tables of the target's types, without its constraints. Once they are
 * there, the server forbids this transaction to write anything else.
 */
export async function expectedSides(
  connection: Connection,
  { request, table, sides }: ExpectedOf,
): Promise<ExpectedSides> {
  const names = sides.columns.map(({ name }) => name);
  const refusal = await refusalOf(connection);
  // Without length and scale: what the table rounded or cut off on its way in shows.
  const wide = joined(
    sides.columns.map(
      ({ name, databaseType }) => sql`${identifier(name)}::${wideType(databaseType)} AS ${identifier(name)}`,
    ),
  );
  if (refusal === undefined)
    for (const copy of [sql`waybill_expected`, sql`waybill_sample`])
      await connection.execute(
        sql`CREATE TEMPORARY TABLE ${copy} ON COMMIT DROP AS SELECT ${wide} FROM ${table.sql} WITH NO DATA`,
      );
  await connection.execute(sql`SET TRANSACTION READ ONLY`);
  await connection.execute(sql`SET LOCAL work_mem = ${workMemory}`);
  const take = async (place: ExpectedRows, parts: readonly PartToLoad[]) => {
    if (refusal !== undefined) throw notTaken(request, refusal);
    for (const part of parts)
      await copyPart(connection, { sql: places[place], name: request.table, columns: names, freeze: true }, part);
    return places[place];
  };
  const given: Partial<Record<ExpectedRows, Partial<KeyedSides>>> = {};
  let taken: Promise<Sql> | undefined;
  return {
    takesNoRows: refusal?.why,
    of: (expected) => ({
      ...sides,
      expected: places[expected],
      allRows: expected === "parts" && request.allRows,
      ...given[expected],
    }),
    takeParts: () => (taken ??= take("parts", request.parts)),
    takeSample: async (part) => void (await take("sample", [part])),
    give: (expected, its) => {
      given[expected] = its;
    },
  };
}

interface Refusal {
  readonly why: string;
  readonly hint: string;
}

async function refusalOf(connection: Connection): Promise<Refusal | undefined> {
  const [row] = await connection.query<Readonly<Record<"may" | "writes" | "role" | "database" | "grant", string>>>(
    sql`SELECT has_database_privilege(current_database(), 'TEMPORARY') AS may,
          current_setting('transaction_read_only') = 'off' AS writes, current_user AS role, current_database() AS database,
          format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user) AS grant`,
  );
  if (row?.writes !== "t")
    return {
      why: "its transactions are read only, and take no temporary tables",
      hint: "validate the primary server, with default_transaction_read_only off",
    };
  if (row.may === "t") return undefined;
  return { why: `the role ${row.role} may make no temporary tables in the database ${row.database}`, hint: row.grant };
}

function notTaken({ table, allRows }: CheckRequest, { why, hint }: Refusal): StageError {
  // Where all rows are ours they were read back, and most paired off, before any were to be brought in.
  const found = allRows ? "too many of its rows differ from the files, or are spelled otherwise, and " : "";
  return new StageError("forbidden", `${table}: ${found}no rows can be brought in to be compared with: ${why}`, hint);
}
