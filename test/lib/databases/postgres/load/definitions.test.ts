import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../../../lib/databases/postgres/connection.js";
import { identifier, sql } from "../../../../../lib/databases/postgres/identifiers.js";
import { saveAndDrop, saveDefinitions } from "../../../../../lib/databases/postgres/load/definitions.js";
import { restoreDefinitions } from "../../../../../lib/databases/postgres/load/restore-definitions.js";
import { openSessions } from "../../../../../lib/databases/postgres/load/sessions.js";
import type { Aside } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { rejection, session } from "./loading.js";

const schema = `
  CREATE SCHEMA relief;
  CREATE TABLE relief.programmes (id text PRIMARY KEY, code text UNIQUE NULLS NOT DISTINCT, lead integer);
  CREATE TABLE relief.people (
    id integer PRIMARY KEY, name text NOT NULL, head integer REFERENCES relief.people,
    programme text REFERENCES relief.programmes ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    code text REFERENCES relief.programmes (code), during int4range,
    CONSTRAINT "One Name" UNIQUE (name, programme) WITH (fillfactor = 70) DEFERRABLE,
    CONSTRAINT apart EXCLUDE USING gist (during WITH &&));
  ALTER TABLE relief.programmes ADD CONSTRAINT led_by FOREIGN KEY (lead) REFERENCES relief.people;
  ALTER TABLE relief.people ADD CONSTRAINT unchecked FOREIGN KEY (id) REFERENCES relief.people NOT VALID;
  CREATE TABLE aid (person integer REFERENCES relief.people);
  CREATE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)';
  CREATE INDEX loud ON relief.people (shout(name) DESC) INCLUDE (id) WHERE head IS NULL;
  CREATE UNIQUE INDEX "Odd.Index" ON relief.people (name text_pattern_ops, id) WITH (fillfactor = 50);
  COMMENT ON INDEX relief.loud IS 'for the call centre''s "search"';
  COMMENT ON CONSTRAINT "One Name" ON relief.people IS 'agreed in 2019';
  ALTER TABLE relief.people REPLICA IDENTITY USING INDEX "Odd.Index";
  ALTER TABLE relief.people CLUSTER ON "Odd.Index"`;

const everything = `
  SELECT 'constraint' AS kind, conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' '
    || convalidated || COALESCE(obj_description(oid, 'pg_constraint'), '') AS text FROM pg_constraint WHERE conrelid > 16384
    AND conrelid::regclass::text !~ '^waybill'
  UNION ALL SELECT 'index', pg_get_indexdef(indexrelid) || indisreplident || indisclustered
    || COALESCE(obj_description(indexrelid, 'pg_class'), '') FROM pg_index
    WHERE indrelid > 16384 AND indrelid::regclass::text !~ '^(waybill|pg_toast)'
  ORDER BY 1, 2`;

const tables: readonly Aside[] = [
  { table: "relief.programmes", which: "all" },
  { table: "relief.people", which: "all" },
];

let database: TestDatabase;
let connection: Connection;
beforeEach(async () => {
  database = await createDatabase(schema);
  connection = await session(database);
});
afterEach(async () => {
  await connection.close();
  await database.drop();
});

const secondary = () =>
  database.query(`SELECT conname AS name FROM pg_constraint WHERE contype IN ('f', 'u', 'x') AND conrelid > 16384
    UNION ALL SELECT indexrelid::regclass::text FROM pg_index
    WHERE NOT indisprimary AND indrelid::regclass::text ~ 'relief|aid'`);

describe("definitions", () => {
  it("come back exactly as they were: self-referencing, circular and incoming foreign keys too", async () => {
    const before = await database.query(everything);

    const dropped = await saveAndDrop(connection, "M-1", tables);
    const left = await secondary();
    const restored = await restoreDefinitions(connection, "M-1");

    expect(left).toEqual([]);
    expect(restored.map(({ name }) => name).sort()).toEqual(dropped.map(({ name }) => name).sort());
    expect(dropped.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["loud", "Odd.Index", "One Name", "apart", "led_by", "aid_person_fkey", "unchecked"]),
    );
    expect(await database.query(everything)).toEqual(before);
    expect(await database.count("waybill.definitions")).toBe(0);
  });

  it("come back the same when several sessions share the work", async () => {
    const before = await database.query(everything);
    const sessions = await openSessions(database.url, { application: "waybill/test" });
    const used = new Set<number>();
    await saveAndDrop(connection, "M-1", tables);

    await restoreDefinitions(connection, "M-1", {
      each: (items, work) =>
        sessions.each(items, 3, async (over, item) => {
          used.add(over.processId);
          await work(over, item);
        }),
    });

    await sessions.close();
    expect(await database.query(everything)).toEqual(before);
    expect(await database.count("waybill.definitions")).toBe(0);
    expect(used.size).toBeGreaterThan(1);
  });

  it("survive a run that dies after dropping them: the next one restores", async () => {
    const before = await database.query(everything);
    const victim = await session(database);
    await saveAndDrop(victim, "M-1", tables);
    await database.query(`SELECT pg_terminate_backend(${victim.processId})`);

    await restoreDefinitions(connection, "M-1");

    await victim.close();
    expect(await database.query(everything)).toEqual(before);
  });

  it("survive a run that dies between saving and dropping, and one that dies while restoring", async () => {
    const before = await database.query(everything);

    await saveDefinitions(connection, "M-1", tables);
    await saveAndDrop(connection, "M-1", tables);
    await restoreDefinitions(connection, "M-1", { table: "relief.people" });
    await saveAndDrop(connection, "M-1", tables);
    await restoreDefinitions(connection, "M-1");

    expect(await database.query(everything)).toEqual(before);
    expect(await database.count("waybill.definitions")).toBe(0);
  });

  it("of one table's indexes come back alone, its foreign keys stay away", async () => {
    await saveAndDrop(connection, "M-1", tables);

    const restored = await restoreDefinitions(connection, "M-1", { table: "relief.people" });

    expect(restored.map(({ name }) => name)).toEqual(["Odd.Index", "loud", "One Name", "apart"]);
    expect(await database.count("pg_constraint WHERE contype = 'f'")).toBe(0);
  });

  it("are kept when the rows contradict them, and the others are restored", async () => {
    await saveAndDrop(connection, "M-1", tables);
    await database.query("INSERT INTO aid VALUES (77)");

    const error = await rejection(restoreDefinitions(connection, "M-1"));
    const kept = await database.query("SELECT name FROM waybill.definitions");
    await database.query("DELETE FROM aid");
    await saveAndDrop(connection, "M-1", tables);
    await restoreDefinitions(connection, "M-1");

    expect(error).toMatchObject({
      kind: "integrity",
      message: expect.stringContaining("public.aid: the foreign key aid_person_fkey is not restored"),
    });
    expect(String(error)).not.toContain("77");
    expect(kept).toEqual([{ name: "aid_person_fkey" }]);
    expect(await database.count("pg_constraint WHERE conname = 'aid_person_fkey' AND convalidated")).toBe(1);
  });

  it("of another migration are left alone", async () => {
    await saveAndDrop(connection, "M-1", tables);

    expect(await restoreDefinitions(connection, "M-2")).toEqual([]);
  });

  it("that this role could not restore are not dropped", async () => {
    const role = `${database.name}_loader`;
    await database.query(`CREATE ROLE ${role}; GRANT ALL ON DATABASE ${database.name} TO ${role};
      GRANT USAGE ON SCHEMA relief TO ${role}; ALTER TABLE relief.people OWNER TO ${role}`);
    await connection.execute(sql`SET ROLE ${identifier(role)}`);

    const dropped = await saveAndDrop(connection, "M-1", tables);

    expect(dropped.map(({ name }) => name)).toEqual(["people_head_fkey", "unchecked"]);
    await connection.execute(sql`RESET ROLE`);
    await database.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  });
});
