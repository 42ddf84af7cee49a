import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../../../lib/databases/postgres/connection.js";
import { afterLoad } from "../../../../../lib/databases/postgres/load/after-load.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { session } from "./loading.js";

let database: TestDatabase;
let connection: Connection;
beforeEach(async () => {
  database = await createDatabase(`
    CREATE SEQUENCE shared;
    CREATE TABLE people (
      id bigint GENERATED ALWAYS AS IDENTITY, "Card No" smallserial, ticket bigint DEFAULT nextval('shared'), name text);
    CREATE TABLE countdown (id integer)`);
  await database.query("CREATE SEQUENCE down INCREMENT -1; ALTER TABLE countdown ALTER id SET DEFAULT nextval('down')");
  connection = await session(database);
});
afterEach(async () => {
  await connection.close();
  await database.drop();
});

describe("after a load", () => {
  it("the next number of serial, identity and shared sequences is past the maximum", async () => {
    await database.query("INSERT INTO people OVERRIDING SYSTEM VALUE VALUES (9007199254740993, 40, 7, 'Amina')");
    await database.query("INSERT INTO countdown VALUES (-5)");

    const moved = [...(await afterLoad(connection, "people")), ...(await afterLoad(connection, "countdown"))];

    expect(moved).toEqual([
      { sequence: "public.people_id_seq", column: "id", value: "9007199254740993" },
      { sequence: "public.people_Card No_seq", column: "Card No", value: "40" },
      { sequence: "public.shared", column: "ticket", value: "7" },
      { sequence: "public.down", column: "id", value: "-5" },
    ]);
    await database.query("INSERT INTO people (name) VALUES ('Li'); INSERT INTO countdown DEFAULT VALUES");
    expect(await database.query("SELECT id, \"Card No\", ticket FROM people WHERE name = 'Li'")).toEqual([
      { id: "9007199254740994", "Card No": "41", ticket: "8" },
    ]);
    expect(await database.query("SELECT min(id) FROM countdown")).toEqual([{ min: "-6" }]);
  });

  it("a sequence that is ahead, or whose column is empty, stays where it is", async () => {
    await database.query("SELECT setval('people_id_seq', 500)");
    await database.query("INSERT INTO people OVERRIDING SYSTEM VALUE VALUES (3, 1, NULL, 'Amina')");

    const moved = await afterLoad(connection, "people");

    expect(moved).toEqual([{ sequence: "public.people_Card No_seq", column: "Card No", value: "1" }]);
    expect(await database.query("SELECT nextval('people_id_seq'), nextval('shared') AS first")).toEqual([
      { nextval: "501", first: "1" },
    ]);
  });

  it("the planner knows the number of rows", async () => {
    await database.query("INSERT INTO people (name) SELECT 'x' FROM generate_series(1, 1000)");

    await afterLoad(connection, "people");

    expect(await database.query("SELECT reltuples FROM pg_class WHERE relname = 'people'")).toEqual([
      { reltuples: "1000" },
    ]);
  });

  it("the planner's numbers stay where less than a tenth of the rows were written", async () => {
    await database.query("INSERT INTO people (name) SELECT 'x' FROM generate_series(1, 1000)");
    await afterLoad(connection, "people");
    await database.query("INSERT INTO people (name) SELECT 'x' FROM generate_series(1, 99)");

    await afterLoad(connection, "people", 99);
    const few = await database.query("SELECT reltuples FROM pg_class WHERE relname = 'people'");
    await afterLoad(connection, "people", 100);

    expect(few).toEqual([{ reltuples: "1000" }]);
    expect(await database.query("SELECT reltuples FROM pg_class WHERE relname = 'people'")).toEqual([
      { reltuples: "1099" },
    ]);
  });
});
