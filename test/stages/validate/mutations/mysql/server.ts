import type { Server } from "../server.js";
import { changes, instead } from "../values.js";
import { tables as sourceTables, type ValueType } from "../world.js";
import { objectMutations } from "./object-mutations.js";
import { rewritings } from "./rewritings.js";

// What MySQL has no type for arrives as a text; two columns are of types that only MySQL has, and latin1 has few letters.
const typesHere: Readonly<Record<string, ValueType>> = {
  token: "text",
  raw: "text",
  address: "text",
  tags: "text",
  span: "text",
  opened: "year",
  owner: "char",
  rights: "set",
};

const tables = sourceTables.map((table) => ({
  ...table,
  columns: Object.fromEntries(Object.entries(table.columns).map(([name, type]) => [name, typesHere[name] ?? type])),
}));

const tablesSql = `
  CREATE TABLE cities (id smallint PRIMARY KEY, name varchar(40) NOT NULL, area decimal(10,2), founded date,
    UNIQUE cities_name_key (name));
  CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, name varchar(60) COLLATE utf8mb4_general_ci NOT NULL, note text,
    code char(5), city smallint, born date, joined timestamp(6) NULL, seen datetime(6), wakes time(6),
    CONSTRAINT people_city_fkey FOREIGN KEY people_city (city) REFERENCES cities (id), CONSTRAINT named CHECK (name <> ''),
    KEY people_name (name(10)));
  CREATE TABLE amounts (id int PRIMARY KEY, exact decimal(12,2), free decimal(40,20), share decimal(5,2), small smallint,
    big bigint, rough float, precise double, CONSTRAINT paid CHECK (exact >= 0), KEY amounts_big (big DESC));
  CREATE TABLE things (id int PRIMARY KEY, token varchar(40), facts json, raw longtext, photo blob, flags bit(8),
    active tinyint(1), address varchar(60), tags text, span varchar(60), mood enum('calm', 'glad', 'sad'),
    UNIQUE things_token (token), FULLTEXT things_tags (tags));
  CREATE TABLE visits (person int, day date, place varchar(60) COLLATE utf8mb4_bin DEFAULT 'home', cost decimal(8,2),
    PRIMARY KEY (person, day), KEY visits_day (day),
    CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people (id) ON DELETE CASCADE);
  CREATE TABLE notes (topic varchar(60), body longtext, weight int, KEY notes_topic (topic));
  CREATE TABLE accounts (id bigint AUTO_INCREMENT PRIMARY KEY, owner varchar(60) CHARACTER SET latin1 NOT NULL,
    balance decimal(14,4) NOT NULL, since timestamp(6) NULL DEFAULT current_timestamp(6),
    opened year, rights set('read', 'write'), UNIQUE accounts_owner_key (owner));
  CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW SET NEW.note = NEW.note;
  CREATE TRIGGER named BEFORE UPDATE ON people FOR EACH ROW SET NEW.name = concat(NEW.name, '');
  CREATE TRIGGER noted AFTER INSERT ON notes FOR EACH ROW SET @noted = NEW.weight;
`;

/** A MySQL or MariaDB target. */
export const mysql: Server = {
  tables,
  database: { mysql: tablesSql },
  levels: ["rows", "buckets"],
  mutationCount: 10,
  changes: {
    ...changes,
    double: [...changes.double, ["its last bit", "CASE v WHEN 0 THEN 5e-324 ELSE v * (1 + 2.3e-16) END"]],
    jsonb: [
      ["one member", `json_set(v, '$.a', 'y')`],
      ["a member that is null", `json_set(v, '$.n', NULL)`],
      ["a text for a number", "json_set(v, '$.b', json_unquote(json_extract(v, '$.b')))"],
      ["the order of a list", `json_set(v, '$.c[0]', 2, '$.c[1]', 1)`],
      ["a member less", "json_remove(v, '$.a')"],
    ],
    bytea: [
      ["a byte more", "concat(v, x'00')"],
      ["one byte", "concat(x'00', substr(v, 2))"],
    ],
    bits: [["one bit", "v ^ 16"]],
    mood: [["another word", "CASE v WHEN 'calm' THEN 'glad' ELSE 'calm' END"]],
    year: [["one digit", "v + 1"]],
    set: [["a word more or less", "CASE v WHEN 'read' THEN 'read,write' WHEN 'write' THEN '' ELSE 'write' END"]],
    ...{ uuid: [], json: [], inet: [], list: [], months: [] },
  },
  instead: {
    ...instead,
    jsonb: "'null'",
    bytea: "''",
    bits: "0",
    year: "0",
    set: "''",
    ...{ uuid: "", json: "", inet: "", list: "", months: "" },
  },
  quietly: "SET foreign_key_checks = 0, sql_mode = 'PIPES_AS_CONCAT,STRICT_ALL_TABLES';",
  // Never by a collation, for which `a`, `A`, `á` and `a ` may be one.
  textOf: (value) => `cast(${value} AS binary)`,
  // The text of a float has fewer digits than its value.
  differs: ({ to, column, type }) =>
    type === "real" || type === "double"
      ? `NOT ((${to}) <=> ${column})`
      : `NOT (cast(${to} AS binary) <=> cast(${column} AS binary))`,
  row: {
    // Without a key one of several rows that are equal, whichever.
    place: ({ key, columns }) => {
      const named = key.length === 0 ? Object.keys(columns) : key;
      const conditions = named.map((one) => `concat('${one} <=> ', quote(${one}))`).join(", ");
      return `concat(concat_ws(' AND ', ${conditions}), ' LIMIT 1')`;
    },
    keys: ({ key }) => `cast(json_array(${key.map((one) => `cast(${one} AS char)`).join(", ")}) AS char)`,
  },
  overriding: "",
  objectMutations,
  rewritings,
};
