import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeQuery, describeTable, findTable } from "../../../../lib/databases/postgres/catalog.js";
import type { Connection } from "../../../../lib/databases/postgres/connection.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { rejection, session } from "./load/loading.js";

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE SCHEMA relief;
    CREATE TYPE relief.mood AS ENUM ('ok', 'sad');
    CREATE DOMAIN relief.age AS smallint CHECK (VALUE >= 0);
    CREATE DOMAIN relief.child_age AS relief.age CHECK (VALUE < 18);
    CREATE TABLE relief.programmes (country text, code text, PRIMARY KEY (code, country));
    CREATE TABLE relief.people (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone text, name text COLLATE "C" NOT NULL, note text,
      card character varying(40), price numeric(10,2), rate float8, ok boolean, born date, at timestamptz(3), t time,
      moods relief.mood[], age relief.child_age, twice numeric GENERATED ALWAYS AS (price * 2) STORED,
      code text, country text, FOREIGN KEY (code, country) REFERENCES relief.programmes (code, country));
    ALTER TABLE relief.people DROP gone;
    CREATE VIEW relief.names AS SELECT name FROM relief.people`);
  connection = await session(database);
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

describe("a table", () => {
  it("is described with its types, whatever the search path", async () => {
    const { columns } = await describeTable(connection, "relief.people");

    expect(columns.map(({ name, databaseType, type }) => [name, databaseType, type])).toEqual([
      ["id", "bigint", "integer"],
      ["name", "text", "string"],
      ["note", "text", "string"],
      ["card", "character varying(40)", "string"],
      ["price", "numeric(10,2)", "number"],
      ["rate", "double precision", "number"],
      ["ok", "boolean", "boolean"],
      ["born", "date", "date"],
      ["at", "timestamp(3) with time zone", "datetime"],
      ["t", "time without time zone", "time"],
      ["moods", "relief.mood[]", "string"],
      ["age", "relief.child_age", "integer"],
      ["twice", "numeric", "number"],
      ["code", "text", "string"],
      ["country", "text", "string"],
    ]);
  });

  it("is described with its keys in their own order, and what can be loaded", async () => {
    const table = await describeTable(connection, "relief.people");
    const parent = await describeTable(connection, "relief.programmes");

    expect(table).toMatchObject({ qualifiedName: "relief.people", kind: "table", primaryKey: ["id"] });
    expect(parent.primaryKey).toEqual(["code", "country"]);
    const columns = ["code", "country"];
    const foreignKey = {
      name: "people_code_country_fkey",
      columns,
      parent: "relief.programmes",
      parentColumns: columns,
    };
    expect(table.foreignKeys).toEqual([foreignKey]);
    expect(table.columns.filter((column) => column.generated).map(({ name }) => name)).toEqual(["twice"]);
    expect(table.columns.filter((column) => column.identity).map(({ name }) => name)).toEqual(["id"]);
    expect(table.columns.filter((column) => !column.nullable).map(({ name }) => name)).toEqual(["id", "name"]);
    expect(table.columns.find((column) => column.name === "name")).toMatchObject({ sortsByBytes: true });
  });

  it("that is not there is named, with the one that may have been meant", async () => {
    expect(await rejection(findTable(connection, "people"))).toMatchObject({
      kind: "missing",
      message: `there is no table people in ${connection.location}`,
      hint: "did you mean relief.people?",
    });
  });
});

describe("a query", () => {
  it("is described like a table, a comment at its end included", async () => {
    const columns = await describeQuery(connection, "SELECT id, price AS p, moods FROM relief.people -- all of them");

    expect(columns.map(({ name, databaseType, type }) => [name, databaseType, type])).toEqual([
      ["id", "bigint", "integer"],
      ["p", "numeric(10,2)", "number"],
      ["moods", "relief.mood[]", "string"],
    ]);
  });

  it("with two columns of one name is refused", async () => {
    const error = await rejection(describeQuery(connection, "SELECT id, name AS id FROM relief.people;"));

    expect(error).toMatchObject({ kind: "specification", message: "the query returns two columns id" });
  });
});
