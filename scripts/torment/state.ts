import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { tableNames } from "./world.js";

/** Runs SQL in the target and gives the rows. */
export type Query = (sql: string) => Promise<readonly object[]>;

const ours = "('public'::regnamespace, 'waybill'::regnamespace)";

const questions: Readonly<Record<string, string>> = {
  relations: `SELECT relnamespace::regnamespace::text AS schema, relname, relkind, relpersistence, reloptions, relacl::text,
    obj_description(oid) AS comment FROM pg_class WHERE relnamespace IN ${ours} AND relname !~ '^pg_toast' ORDER BY 1, 2`,
  columns: `SELECT attrelid::regclass::text AS table, attname, format_type(atttypid, atttypmod) AS type, attnotnull, attidentity,
    attgenerated, pg_get_expr(adbin, adrelid) AS default FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    JOIN pg_class c ON c.oid = attrelid WHERE relnamespace IN ${ours} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    ORDER BY 1, attnum`,
  indexes: `SELECT pg_get_indexdef(indexrelid) AS definition, indisvalid, indisready FROM pg_index JOIN pg_class c ON c.oid = indrelid
    WHERE relnamespace IN ${ours} ORDER BY 1`,
  constraints: `SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS definition, convalidated
    FROM pg_constraint WHERE connamespace IN ${ours} ORDER BY 1, 2`,
  triggers: `SELECT pg_get_triggerdef(oid) AS definition, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
  generations: `SELECT migration, table_name, generation, number, mode, way, state, rows_before, inserted, updated, unchanged,
    quarantined, rows_after, (undo::jsonb #- '{takenBack,transaction}')::text AS undo FROM waybill.generations ORDER BY 1, 2, 3`,
  loads: "SELECT migration, table_name, generation, part, hash, rows FROM waybill.loads ORDER BY 1, 2, 3, 4",
  definitions: "SELECT migration, kind, table_name, name FROM waybill.definitions ORDER BY 1, 2, 3, 4",
};

/** Everything of the target that a load may change, apart from times and the numbers of transactions. */
export async function targetState(query: Query): Promise<Readonly<Record<string, unknown>>> {
  const state: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(questions)) state[name] = await query(sql);
  const kept = await query(
    "SELECT format('waybill.%I', relname) AS name FROM pg_class WHERE relnamespace = 'waybill'::regnamespace AND relname ~ '^(next|previous|arriving)_' AND relkind = 'r' ORDER BY 1",
  );
  const names = [...tableNames, ...kept.map((row) => String(Object.values(row)[0]))];
  for (const name of names) {
    state[`rows of ${name}`] = await query(
      `SELECT count(*), md5(string_agg(t::text, ';' ORDER BY t::text)) FROM ${name} AS t`,
    );
  }
  for (const name of tableNames.filter((one) => one !== "towns"))
    state[`sequence of ${name}`] = await query(`SELECT last_value, is_called FROM ${name}_id_seq`);
  return state;
}

/** The files of the work directory with a hash of what they hold: of what is compressed, the text. */
export async function filesState(work: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(work, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const state: Record<string, string> = {};
  for (const path of paths.sort()) {
    // Every run adds to the log.
    if (path.endsWith("log.jsonl")) continue;
    const bytes = await readFile(path);
    const text = path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
    state[path.slice(work.length + 1)] = createHash("sha256").update(text).digest("hex").slice(0, 12);
  }
  return state;
}
