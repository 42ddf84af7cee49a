import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beginning } from "../../support/beginning.js";
import type { TestDatabase } from "../../support/postgres.js";
import type { ProgramResult } from "../../support/program.js";
import { migrationIn, specificationOf, type TestMigration } from "../migration-fixture.js";
import { manifestIn } from "../stage-files.js";

/** A small migration with all its stages behind it but validate. */
export interface Loaded extends TestMigration {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  /** Runs validate, with the target's URL or another in its environment. */
  validate(args?: readonly string[]): Promise<ProgramResult>;
  report(): Promise<Report>;
  check(table: string, name: string): Promise<Check | undefined>;
}

export interface Check {
  readonly name: string;
  readonly expected: string | number;
  readonly actual: string | number;
  readonly verdict: string;
  readonly note?: string;
  readonly seconds?: number;
}

interface Report {
  readonly verdict: string;
  readonly notValidated: readonly string[];
  readonly mixedSnapshots: boolean;
  readonly tables: readonly {
    readonly table: string;
    readonly verdict: string;
    readonly reconciliation: Readonly<Record<string, number | null>>;
    readonly checks: readonly Check[];
  }[];
}

// Towns 1 and 4 are one town, and who lives in 4 moves to 1; the boss of somebody nameless is gone.
const sourceTables = `
  CREATE TABLE towns (id integer PRIMARY KEY, code text, name text);
  INSERT INTO towns VALUES (1, 'DJ', 'Djibouti'), (2, 'AS', 'Ali Sabieh'), (3, 'TA', 'Tadjourah'), (4, 'DJ', 'Djibouti-Ville');
  CREATE TABLE people (id integer, name text, town integer, boss integer, price numeric(8,2), joined timestamptz,
    facts jsonb, note text, updated_at timestamp);
  INSERT INTO people SELECT g, CASE WHEN g <> 7 THEN 'person ' || g END, 1 + g % 4, NULLIF(g / 2, 0), g * 1.5,
    timestamptz '2024-01-01 00:00+00' + g * interval '1 hour', jsonb_build_object('b', g, 'a', 'x'),
    CASE g % 3 WHEN 0 THEN '' WHEN 1 THEN 'note, "' || g || '"' END, '2024-01-01' FROM generate_series(1, 200) g;
  INSERT INTO people SELECT id, name || ' again', town, boss, price, joined, facts, note, '2024-02-01' FROM people WHERE id = 9`;

const targetTables = `
  CREATE TABLE towns (id integer PRIMARY KEY, code text, name text);
  CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, town integer REFERENCES towns, boss integer REFERENCES people,
    price numeric, joined timestamptz, facts jsonb, note text)`;

const townsYaml = `table: towns
columns: { id: id, code: code, name: name }
dedupe: { by: [code], keep: first, order: [id] }
expect: [{ unique: id }, { unique: code }]
`;

const peopleYaml = `table: people
columns:
  id: id
  name: { from: name, trim: true, required: true }
  town: town
  boss: boss
  price: price
  joined: joined
  facts: facts
  note: { from: note, pii: true }
dedupe: { by: [id], keep: latest, order: [updated_at] }
expect:
  - relationships: { column: town, to: towns.id }
  - relationships: { column: boss, to: people.id, otherwise: "null" }
  - unique: id
  - not_null: [id, name]
  - accepted_values: { column: town, values: ["1", "2", "3"] }
  - aggregate: { group: [town], measures: [count, sum(price), max(joined)] }
  - rejected: 1
  - deduplicated: 1
`;

/** Extracts, transforms and loads the migration; databases and folders go when the test is over. `more` is the target's too. */
export async function loadedMigration(files: Readonly<Record<string, string>> = {}, more = ""): Promise<Loaded> {
  const urls = ({ source, target }: Readonly<Record<"source" | "target", TestDatabase>>) => ({
    source: source.url,
    target: target.url,
  });
  const { folder, databases } = await beginning(
    { source: sourceTables, target: `${targetTables};${more}` },
    files,
    async ({ folder, databases }) => {
      const migration = migrationIn(folder, urls(databases));
      const extracts = ["towns: {}", "people: { key: [id], part_rows: 60 }"];
      await migration.write(
        specificationOf({
          ...urls(databases),
          extracts,
          files: { "towns.yaml": townsYaml, "people.yaml": peopleYaml, ...files },
        }),
      );
      for (const stage of ["extract", "transform", "load"]) {
        const { exitCode, stderr } = await migration.run(stage);
        if (exitCode !== 0) throw new Error(`${stage} exited with ${exitCode}: ${stderr}`);
      }
    },
  );
  const migration = migrationIn(folder, urls(databases));
  const report = async (): Promise<Report> =>
    JSON.parse(await readFile(join(migration.work, "validate", "report.json"), "utf8"));
  const check = async (table: string, name: string) => {
    const { details } = (await manifestIn(join(migration.work, "validate", table)))._waybill;
    return (details.checks as unknown as readonly Check[]).find((one) => one.name.startsWith(name));
  };
  return { ...migration, ...databases, validate: (args = []) => migration.run("validate", args), report, check };
}
