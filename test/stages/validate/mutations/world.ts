/** A table of the world, the same in source and target. */
export interface WorldTable {
  readonly name: string;
  /** Empty: rows are compared whole. */
  readonly key: readonly string[];
  /** The other columns, by the type that decides how a value can be changed. */
  readonly columns: Readonly<Record<string, ValueType>>;
}

export type ValueType =
  | "text"
  | "char"
  | "integer"
  | "numeric"
  | "real"
  | "double"
  | "date"
  | "time"
  | "timestamp"
  | "uuid"
  | "jsonb"
  | "json"
  | "bytea"
  | "bits"
  | "boolean"
  | "inet"
  | "list"
  | "months"
  | "mood"
  | "year"
  | "set";

/** Every type in some table; a table without a key, one with two columns for its key, references, a table nobody refers to. */
export const tables: readonly WorldTable[] = [
  { name: "cities", key: ["id"], columns: { name: "text", area: "numeric", founded: "date" } },
  {
    name: "people",
    key: ["id"],
    columns: {
      name: "text",
      note: "text",
      code: "char",
      born: "date",
      joined: "timestamp",
      seen: "timestamp",
      wakes: "time",
    },
  },
  {
    name: "amounts",
    key: ["id"],
    columns: {
      exact: "numeric",
      free: "numeric",
      share: "numeric",
      small: "integer",
      big: "integer",
      rough: "real",
      precise: "double",
    },
  },
  {
    name: "things",
    key: ["id"],
    columns: {
      token: "uuid",
      facts: "jsonb",
      raw: "json",
      photo: "bytea",
      flags: "bits",
      active: "boolean",
      address: "inet",
      tags: "list",
      span: "months",
      mood: "mood",
    },
  },
  { name: "visits", key: ["person", "day"], columns: { place: "text", cost: "numeric" } },
  { name: "notes", key: [], columns: { topic: "text", body: "text", weight: "integer" } },
  {
    name: "accounts",
    key: ["id"],
    columns: { owner: "text", balance: "numeric", since: "timestamp", opened: "integer", rights: "text" },
  },
];

/** The tables themselves, as the source has them, and a PostgreSQL target before anything hangs on them. */
export const tablesSql = `
  CREATE TYPE mood AS ENUM ('calm', 'glad', 'sad');
  CREATE DOMAIN share AS numeric(5,2) CHECK (VALUE >= 0);
  CREATE TABLE cities (id smallint PRIMARY KEY, name varchar(40) NOT NULL UNIQUE, area numeric(10,2), founded date);
  CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, note text, code char(5), city smallint, born date,
    joined timestamptz, seen timestamp, wakes time);
  CREATE TABLE amounts (id integer PRIMARY KEY, exact numeric(12,2), free numeric, share share, small smallint,
    big bigint, rough real, precise double precision);
  CREATE TABLE things (id integer PRIMARY KEY, token uuid, facts jsonb, raw json, photo bytea, flags bit(8),
    active boolean, address inet, tags text[], span interval, mood mood);
  CREATE TABLE visits (person integer, day date, place text DEFAULT 'home', cost numeric(8,2), PRIMARY KEY (person, day));
  CREATE TABLE notes (topic text, body text, weight integer);
  CREATE TABLE accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL,
    balance numeric(14,4) NOT NULL, since timestamptz DEFAULT now(),
    opened smallint, rights text);
`;

// Names are multiples of 11: one digit changed, they are nobody else's. Every seventh value is NULL, every fifth text empty.
const sparse = (value: string): string => `CASE WHEN g % 7 <> 3 THEN ${value} END`;
const text = (value: string): string => sparse(`CASE WHEN g % 5 = 1 THEN '' ELSE ${value} END`);

/** The rows of the source. */
export const rowsSql = `
  INSERT INTO cities SELECT g, 'city ' || g * 11, ${sparse("g * 1.25")}, ${sparse("date '1900-01-01' + g")} FROM generate_series(1, 12) g;
  INSERT INTO people SELECT g, 'person ' || g * 11, ${text("'note ' || g")}, ${sparse("'c' || g")}, ${sparse("1 + g % 12")},
    ${sparse("date '1970-01-01' + g * 31")}, ${sparse("timestamptz '2024-03-01 12:00+00' + g * interval '1 hour'")},
    ${sparse("timestamp '2024-03-01 12:00' + g * interval '1 hour'")}, ${sparse("time '06:00' + g * interval '1 minute'")}
    FROM generate_series(1, 40) g;
  INSERT INTO amounts SELECT g, ${sparse("g * 1.5")}, ${sparse("g / 7.0")}, ${sparse("g * 0.5")}, ${sparse("g")},
    ${sparse("g * 9007199254740993")}, ${sparse("g / 3.0")}, ${sparse("g / 3.0")} FROM generate_series(1, 40) g;
  INSERT INTO amounts VALUES (41, 0, 0, 0, 0, 0, 0, 0);
  INSERT INTO things SELECT g, ${sparse("md5(g::text)::uuid")}, ${sparse(`jsonb_build_object('b', g, 'a', 'x', 'c', '[1, 2]'::jsonb)`)},
    ${sparse(`('{"b": ' || g || ', "a": "x"}')::json`)}, ${sparse("decode(md5(g::text), 'hex')")}, ${sparse("(g * 5)::bit(8)")},
    ${sparse("g % 2 = 0")}, ${sparse("inet '10.0.0.0' + g")}, ${sparse("ARRAY['t' || g, NULL, '']")},
    ${sparse("make_interval(months => 1 + g % 3)")}, ${sparse("(ARRAY['calm', 'glad', 'sad']::mood[])[1 + g % 3]")}
    FROM generate_series(1, 40) g;
  INSERT INTO visits SELECT 1 + g % 40, date '2024-01-01' + g, ${text("'place ' || g")}, ${sparse("g * 0.75")} FROM generate_series(1, 40) g;
  INSERT INTO notes SELECT ${text("'topic ' || g % 9")}, ${text("'body ' || g % 9")}, ${sparse("g % 9")} FROM generate_series(1, 40) g;
  INSERT INTO accounts OVERRIDING SYSTEM VALUE
    SELECT g, 'owner ' || g * 11, g * 1.125, ${sparse("timestamptz '2024-03-01 12:00+00' + g * interval '1 hour'")},
    ${sparse("1980 + g")}, ${text("(ARRAY['read', 'write', 'read,write'])[1 + g % 3]")} FROM generate_series(1, 40) g;
`;
