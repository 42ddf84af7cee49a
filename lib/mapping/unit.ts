import { StageError } from "../model/errors.js";
import { chooseTables } from "./choose-tables.js";
import type { Migration, Table } from "./migration.js";
import { parseKey, type UnitKey } from "./unit-key.js";
import { listed } from "./words.js";

/** The smallest things that go through the stages: one row by its key, or a repeatable subset, with their parents. */
export type Unit = {
  /** Names its folder in units/. */
  readonly name: string;
  /** The tables somebody asked for. */
  readonly chosen: readonly Table[];
  /** These and those they refer to, parents first. */
  readonly tables: readonly Table[];
} & ({ readonly kind: "key"; readonly key: UnitKey } | { readonly kind: "sample"; readonly rowCount: number });

export interface UnitRequest {
  readonly names: readonly string[];
  readonly key: string | undefined;
  readonly sample: number | undefined;
}

/** What `--key` or `--sample` ask for; undefined when neither was given. `--key` needs to know of which table. */
export function planUnit(migration: Migration, { names, key, sample }: UnitRequest): Unit | undefined {
  if (key === undefined && sample === undefined) return undefined;
  const chosen = chooseTables(migration, names);
  const tables = withParents(migration, chosen);
  for (const table of tables) assertRowByRow(table);
  if (sample !== undefined) {
    const name = [`sample-${sample}`, ...(names.length === 0 ? [] : chosen.map((table) => table.name))].join("-");
    return { kind: "sample", rowCount: sample, name, chosen, tables };
  }
  const [table] = chosen;
  if (key === undefined || table === undefined || chosen.length !== 1) {
    throw new StageError(
      "usage",
      `--key names one row of one table, not of ${chosen.length}`,
      "name the table too, for example: waybill run beneficiaries --key 42",
    );
  }
  return { kind: "key", key: parseKey(key), name: `${table.name}-${key}`, chosen, tables };
}

// Some of the rows would make another frame: what a unit wrote would not be what the whole run does.
function assertRowByRow({ name, query, steps }: Table): void {
  if (query !== undefined)
    throw new StageError(
      "usage",
      `${name} is made by a query, which sees all rows of ${listed(query.reads)}: there is no unit of it`,
      "leave --key and --sample out, or name tables that do not refer to it",
    );
  const frame = steps.find(({ kind }) => kind === "frame");
  if (frame === undefined) return;
  throw new StageError(
    "usage",
    `${name}: ${frame.rule} (${frame.file}) is a frame step, which sees all rows of the table: there is no unit of it`,
    "leave --key and --sample out, or name tables that do not refer to it",
  );
}

/**
 * The migration as a unit sees it: its tables alone, every row in the ledger, no limit on the share of rejects, and
 * nothing asked of whole tables (counts, aggregates).
 */
export function migrationOfUnit(migration: Migration, unit: Unit): Migration {
  const names = unit.tables.map(({ name }) => name);
  return {
    ...migration,
    tables: migration.tables.filter(({ name }) => names.includes(name)).map(asUnitTable),
    acceptance: {
      ...migration.acceptance,
      rejectedMaxPercent: undefined,
      differingMaxPercent: undefined,
      sampleRows: 0,
    },
  };
}

function asUnitTable(table: Table): Table {
  return { ...table, ledger: "full", expect: { ...table.expect, aggregates: [], counts: {} } };
}

/** Tables, those they are settled together with, and all that these refer to, parents first. */
export function withParents(migration: Migration, chosen: readonly Table[]): readonly Table[] {
  const wanted = new Set<string>(chosen.map(({ name }) => name));
  // A set may grow while it is gone through: what is added comes up in its turn.
  for (const name of wanted) {
    for (const { name: own, ring, relationships } of migration.tables)
      if (own === name) for (const other of [...ring, ...relationships.map(({ parent }) => parent)]) wanted.add(other);
  }
  return migration.tables.filter(({ name }) => wanted.has(name));
}
