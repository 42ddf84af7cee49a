import { mutationsOf, type ObjectChange, type ObjectMutation } from "../server.js";

const columns = "schema: columns as load left them";
const gone = "not there";
const behind = "its next value is not above the maximum of id";

const people: readonly ObjectChange[] = [
  ["a dropped index", "DROP INDEX people_city", "schema: index people_city", gone],
  [
    "an index on something else",
    "DROP INDEX people_name; CREATE INDEX people_name ON people (name)",
    "schema: index people_name",
    "(name)",
  ],
  [
    "an index that is not valid",
    "SET allow_system_table_mods = on; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'people_name'::regclass",
    "schema: index people_name",
    "it is not valid",
  ],
  [
    "a dropped foreign key",
    "ALTER TABLE people DROP CONSTRAINT people_city_fkey",
    "schema: foreign key people_city_fkey",
    gone,
  ],
  [
    "a foreign key for new rows only",
    "ALTER TABLE people DROP CONSTRAINT people_city_fkey, ADD CONSTRAINT people_city_fkey FOREIGN KEY (city) REFERENCES cities NOT VALID",
    "schema: foreign key people_city_fkey",
    "NOT VALID; it is not validated",
  ],
  [
    "a foreign key that cascades",
    // Made anew it would be proved, and the same round may have taken a city away.
    "SET allow_system_table_mods = on; UPDATE pg_constraint SET confdeltype = 'c' WHERE conname = 'people_city_fkey'",
    "schema: foreign key people_city_fkey",
    "ON DELETE CASCADE",
  ],
  [
    "triggers disabled, the foreign key's too",
    "ALTER TABLE people DISABLE TRIGGER ALL",
    "schema: foreign key people_city_fkey",
    "its triggers are disabled",
  ],
  ["a disabled trigger", "ALTER TABLE people DISABLE TRIGGER touched", "schema: trigger touched", "(disabled)"],
  [
    "a trigger for replicas",
    "ALTER TABLE people ENABLE REPLICA TRIGGER touched",
    "schema: trigger touched",
    "(on replicas)",
  ],
  ["a dropped trigger", "DROP TRIGGER touched ON people", "schema: trigger touched", gone],
  [
    "a constraint for new rows only",
    "ALTER TABLE people DROP CONSTRAINT named, ADD CONSTRAINT named CHECK (name <> '') NOT VALID",
    "schema: constraint named",
    "it is not validated",
  ],
  ["a sequence set back", "SELECT setval('people_id_seq', 7)", "schema: sequence public.people_id_seq", behind],
  ["a sequence begun anew", "ALTER SEQUENCE people_id_seq RESTART", "schema: sequence public.people_id_seq", behind],
  [
    "a sequence that gives the maximum again",
    "SELECT setval('people_id_seq', 40, false)",
    "schema: sequence public.people_id_seq",
    behind,
  ],
  [
    "a sequence with other steps",
    "ALTER SEQUENCE people_id_seq INCREMENT 10",
    "schema: sequence public.people_id_seq",
    "increment 10",
  ],
  [
    "a column that takes NULL",
    "ALTER TABLE people ALTER name DROP NOT NULL",
    columns,
    "name is text, not text NOT NULL",
  ],
  ["a default gone", "ALTER TABLE people ALTER id DROP DEFAULT", columns, "id is integer NOT NULL, not "],
  ["a type with fewer digits", "ALTER TABLE people ALTER seen TYPE timestamp(0)", columns, "seen is timestamp(0)"],
];

const others: Readonly<Record<string, readonly ObjectChange[]>> = {
  cities: [
    [
      "a unique constraint dropped",
      "ALTER TABLE cities DROP CONSTRAINT cities_name_key",
      "schema: constraint cities_name_key",
      gone,
    ],
    [
      "a wider type",
      "ALTER TABLE cities ALTER name TYPE varchar(60)",
      columns,
      "name is character varying(60) NOT NULL",
    ],
    ["another collation", `ALTER TABLE cities ALTER name TYPE varchar(40) COLLATE "C"`, columns, `COLLATE "C"`],
  ],
  amounts: [
    ["a dropped constraint", "ALTER TABLE amounts DROP CONSTRAINT paid", "schema: constraint paid", gone],
    [
      "another constraint",
      "ALTER TABLE amounts DROP CONSTRAINT paid, ADD CONSTRAINT paid CHECK (exact >= -1)",
      "schema: constraint paid",
      "'-1'",
    ],
    ["a dropped index", "DROP INDEX amounts_big", "schema: index amounts_big", gone],
    [
      "an index the other way round",
      "DROP INDEX amounts_big; CREATE INDEX amounts_big ON amounts (big)",
      "schema: index amounts_big",
      "(big)",
    ],
    ["a wider whole number", "ALTER TABLE amounts ALTER small TYPE integer", columns, "small is integer, not smallint"],
  ],
  things: [
    ["a dropped primary key", "ALTER TABLE things DROP CONSTRAINT things_pkey", "schema: constraint things_pkey", gone],
    [
      "an index that is not unique",
      "DROP INDEX things_token; CREATE INDEX things_token ON things (token)",
      "schema: index things_token",
      "CREATE INDEX",
    ],
    ["an index of another kind gone", "DROP INDEX things_facts", "schema: index things_facts", gone],
    [
      "json for jsonb",
      "DROP INDEX things_facts; ALTER TABLE things ALTER facts TYPE json",
      columns,
      "facts is json, not jsonb",
    ],
    ["text for an enum", "ALTER TABLE things ALTER mood TYPE text", columns, "mood is text, not public.mood"],
  ],
  visits: [
    ["a dropped index", "DROP INDEX visits_day", "schema: index visits_day", gone],
    [
      "a dropped foreign key",
      "ALTER TABLE visits DROP CONSTRAINT visits_person_fkey",
      "schema: foreign key visits_person_fkey",
      gone,
    ],
    ["another default", "ALTER TABLE visits ALTER place SET DEFAULT 'away'", columns, "DEFAULT 'away'::text"],
    [
      "a key the other way round",
      "ALTER TABLE visits DROP CONSTRAINT visits_pkey, ADD CONSTRAINT visits_pkey PRIMARY KEY (day, person)",
      "schema: constraint visits_pkey",
      "(day, person)",
    ],
  ],
  notes: [
    ["a dropped index", "DROP INDEX notes_topic", "schema: index notes_topic", gone],
    ["a disabled trigger", "ALTER TABLE notes DISABLE TRIGGER USER", "schema: trigger noted", "(disabled)"],
    [
      "a trigger at another time",
      "DROP TRIGGER noted ON notes; CREATE TRIGGER noted BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION touch()",
      "schema: trigger noted",
      "BEFORE INSERT",
    ],
  ],
  accounts: [
    [
      "a unique constraint dropped",
      "ALTER TABLE accounts DROP CONSTRAINT accounts_owner_key",
      "schema: constraint accounts_owner_key",
      gone,
    ],
    ["an identity gone", "ALTER TABLE accounts ALTER id DROP IDENTITY", columns, "id is bigint NOT NULL, not "],
    [
      "an identity by default",
      "ALTER TABLE accounts ALTER id SET GENERATED BY DEFAULT",
      columns,
      "BY DEFAULT AS IDENTITY",
    ],
    [
      "an identity set back",
      "ALTER TABLE accounts ALTER id RESTART WITH 3",
      "schema: sequence public.accounts_id_seq",
      behind,
    ],
    [
      "another default",
      "ALTER TABLE accounts ALTER since SET DEFAULT 'epoch'",
      columns,
      "since is timestamp with time zone DEFAULT",
    ],
    [
      "a column that takes NULL",
      "ALTER TABLE accounts ALTER balance DROP NOT NULL",
      columns,
      "balance is numeric(14,4), not",
    ],
  ],
};

/** Every change of a table's objects. */
export function objectMutations(table: string): readonly ObjectMutation[] {
  return mutationsOf(table, table === "people" ? people : others[table]);
}
