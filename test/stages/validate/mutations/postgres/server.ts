import type { Server } from "../server.js";
import { changes, instead } from "../values.js";
import { tables, tablesSql } from "../world.js";
import { objectMutations } from "./object-mutations.js";
import { rewritings } from "./rewritings.js";

const hangingSql = `
  ALTER TABLE people ADD CONSTRAINT people_city_fkey FOREIGN KEY (city) REFERENCES cities,
    ADD CONSTRAINT named CHECK (name <> '');
  CREATE INDEX people_city ON people (city);
  CREATE INDEX people_name ON people (lower(name));
  ALTER TABLE amounts ADD CONSTRAINT paid CHECK (exact >= 0);
  CREATE INDEX amounts_big ON amounts (big DESC);
  CREATE UNIQUE INDEX things_token ON things (token);
  CREATE INDEX things_facts ON things USING gin (facts);
  ALTER TABLE visits ADD CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people ON DELETE CASCADE;
  CREATE INDEX visits_day ON visits (day);
  CREATE INDEX notes_topic ON notes (topic);
  ALTER TABLE accounts ADD CONSTRAINT accounts_owner_key UNIQUE (owner);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE TRIGGER noted AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION touch();
`;

/** A PostgreSQL target. */
export const postgres: Server = {
  tables,
  database: `${tablesSql}${hangingSql}`,
  levels: ["rows", "buckets"],
  mutationCount: 20,
  changes: {
    ...changes,
    double: [...changes.double, ["its last bit", "CASE v WHEN 0 THEN 5e-324 ELSE v * (1 + 2.3e-16::float8) END"]],
    uuid: [
      [
        "one digit",
        "(translate(left(v::text, 1), '0123456789abcdef', '123456789abcdef0') || substr(v::text, 2))::uuid",
      ],
    ],
    jsonb: [
      ["one member", `jsonb_set(v, '{a}', '"y"')`],
      ["a member that is null", `v || '{"n": null}'`],
      ["a text for a number", "jsonb_set(v, '{b}', to_jsonb(v ->> 'b'))"],
      ["the order of a list", `jsonb_set(v, '{c}', '[2, 1]')`],
      ["a member less", "v - 'a'"],
    ],
    json: [["a blank", "(v::text || ' ')::json"]],
    bytea: [
      ["a byte more", "v || '\\x00'::bytea"],
      ["one byte", "set_byte(v, 0, (get_byte(v, 0) + 1) % 256)"],
    ],
    bits: [["one bit", "set_bit(v, 3, 1 - get_bit(v, 3))"]],
    inet: [
      ["the next address", "v + 1"],
      ["its mask", "set_masklen(v, 24)"],
    ],
    list: [
      ["an empty text more", "array_append(v, '')"],
      ["a NULL more", "array_append(v, NULL)"],
      ["other bounds", "('[0:2]=' || v::text)::text[]"],
    ],
    months: [["thirty days for a month", "make_interval(days => 30 * extract(month FROM v)::integer)"]],
    mood: [["another word", "CASE v WHEN 'calm' THEN 'glad' ELSE 'calm' END::mood"]],
    year: changes.integer,
    set: changes.text,
  },
  instead: {
    ...instead,
    double: "'NaN'",
    date: "'infinity'",
    uuid: "'00000000-0000-0000-0000-000000000000'",
    jsonb: "'null'",
    json: "'null'",
    bytea: "''",
    bits: "B'00000000'",
    inet: "'0.0.0.0'",
    list: "'{}'",
    months: "'0'",
    year: "0",
    set: "''",
  },
  quietly: "SET session_replication_role = replica;",
  textOf: (value) => `(${value})::text`,
  differs: ({ to, column }) => `(${to})::text IS DISTINCT FROM ${column}::text`,
  row: {
    place: ({ key }) =>
      key.length === 0
        ? "format('ctid = %L', ctid)"
        : key.map((one) => `format('${one} = %L', ${one})`).join(" || ' AND ' || "),
    keys: ({ key }) => `to_json(ARRAY[${key.map((one) => `${one}::text`).join(", ")}]::text[])::text`,
  },
  overriding: "OVERRIDING SYSTEM VALUE",
  objectMutations,
  rewritings,
};
