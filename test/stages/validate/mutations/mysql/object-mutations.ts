import { mutationsOf, type ObjectChange, type ObjectMutation } from "../server.js";

const columns = "schema: columns as load left them";
const gone = "not there";

const changes: Readonly<Record<string, readonly ObjectChange[]>> = {
  cities: [
    ["a unique index dropped", "ALTER TABLE cities DROP KEY cities_name_key", "schema: index cities_name_key", gone],
    ["a wider type", "ALTER TABLE cities MODIFY name varchar(60) NOT NULL", columns, "name is varchar(60) NOT NULL"],
    [
      "another collation",
      "ALTER TABLE cities MODIFY name varchar(40) COLLATE utf8mb4_bin NOT NULL",
      columns,
      "COLLATE utf8mb4_bin",
    ],
  ],
  people: [
    ["a dropped index", "ALTER TABLE people DROP KEY people_name", "schema: index people_name", gone],
    [
      "an index on something else",
      "ALTER TABLE people DROP KEY people_name, ADD KEY people_name (name(9))",
      "schema: index people_name",
      "(`name`(9))",
    ],
    [
      "a dropped foreign key",
      "ALTER TABLE people DROP FOREIGN KEY people_city_fkey",
      "schema: foreign key people_city_fkey",
      gone,
    ],
    [
      "a foreign key that cascades",
      `SET foreign_key_checks = 0; ALTER TABLE people DROP FOREIGN KEY people_city_fkey;
       ALTER TABLE people ADD CONSTRAINT people_city_fkey FOREIGN KEY (city) REFERENCES cities (id) ON DELETE CASCADE`,
      "schema: foreign key people_city_fkey",
      "ON DELETE CASCADE",
    ],
    [
      "a foreign key made again under another name",
      `SET foreign_key_checks = 0; ALTER TABLE people DROP FOREIGN KEY people_city_fkey;
       ALTER TABLE people ADD CONSTRAINT lives_in FOREIGN KEY (city) REFERENCES cities (id)`,
      "schema: foreign key people_city_fkey",
      gone,
    ],
    ["a dropped trigger", "DROP TRIGGER touched", "schema: trigger touched", gone],
    [
      "a trigger that does something else",
      "DROP TRIGGER named; CREATE TRIGGER named BEFORE UPDATE ON people FOR EACH ROW SET NEW.name = trim(NEW.name)",
      "schema: trigger named",
      "trim(NEW.name)",
    ],
    [
      "triggers the other way round",
      `DROP TRIGGER touched;
       CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW FOLLOWS named SET NEW.note = NEW.note`,
      "schema: trigger touched",
      "FOLLOWS named",
    ],
    ["a dropped constraint", "ALTER TABLE people DROP CONSTRAINT named", "schema: constraint named", gone],
    [
      "a column that takes NULL",
      "ALTER TABLE people MODIFY name varchar(60) COLLATE utf8mb4_general_ci",
      columns,
      "name is varchar(60)",
    ],
    [
      "numbers that nobody gives",
      "SET foreign_key_checks = 0; ALTER TABLE people MODIFY id int NOT NULL",
      columns,
      "id is int",
    ],
    [
      "a type with fewer digits",
      "ALTER TABLE people MODIFY seen datetime",
      columns,
      "seen is datetime DEFAULT NULL, not datetime(6)",
    ],
  ],
  amounts: [
    ["a dropped constraint", "ALTER TABLE amounts DROP CONSTRAINT paid", "schema: constraint paid", gone],
    [
      "another constraint",
      "ALTER TABLE amounts DROP CONSTRAINT paid; ALTER TABLE amounts ADD CONSTRAINT paid CHECK (exact < 1000000)",
      "schema: constraint paid",
      "1000000",
    ],
    ["a dropped index", "DROP INDEX amounts_big ON amounts", "schema: index amounts_big", gone],
    [
      "an index the other way round",
      "ALTER TABLE amounts DROP KEY amounts_big, ADD KEY amounts_big (big)",
      "schema: index amounts_big",
      "(`big`)",
    ],
    ["a wider whole number", "ALTER TABLE amounts MODIFY small int", columns, "small is int"],
    ["a number without sign", "ALTER TABLE amounts MODIFY small smallint unsigned", columns, "unsigned"],
    ["a float of twice as many digits", "ALTER TABLE amounts MODIFY rough double", columns, "rough is double"],
  ],
  things: [
    ["a dropped primary key", "ALTER TABLE things DROP PRIMARY KEY", "schema: constraint PRIMARY", gone],
    [
      "an index that is not unique",
      "ALTER TABLE things DROP KEY things_token, ADD KEY things_token (token)",
      "schema: index things_token",
      "KEY `things_token`",
    ],
    ["an index of another kind gone", "DROP INDEX things_tags ON things", "schema: index things_tags", gone],
    ["text for json", "ALTER TABLE things MODIFY facts longtext", columns, "facts is longtext"],
    ["text for an enum", "ALTER TABLE things MODIFY mood varchar(20)", columns, "mood is varchar(20)"],
    ["a word more in an enum", "ALTER TABLE things MODIFY mood enum('calm', 'glad', 'sad', 'new')", columns, "'new'"],
    ["a blob that takes more", "ALTER TABLE things MODIFY photo longblob", columns, "photo is longblob"],
  ],
  visits: [
    ["a dropped index", "DROP INDEX visits_day ON visits", "schema: index visits_day", gone],
    [
      "a dropped foreign key",
      "ALTER TABLE visits DROP FOREIGN KEY visits_person_fkey",
      "schema: foreign key visits_person_fkey",
      gone,
    ],
    ["another default", "ALTER TABLE visits ALTER place SET DEFAULT 'away'", columns, "DEFAULT 'away'"],
    [
      "a key the other way round",
      `SET foreign_key_checks = 0; ALTER TABLE visits ADD KEY of_person (person), DROP PRIMARY KEY, ADD PRIMARY KEY (day, person)`,
      "schema: constraint PRIMARY",
      "(`day`,`person`)",
    ],
  ],
  notes: [
    ["a dropped index", "DROP INDEX notes_topic ON notes", "schema: index notes_topic", gone],
    [
      "a trigger at another time",
      "DROP TRIGGER noted; CREATE TRIGGER noted BEFORE INSERT ON notes FOR EACH ROW SET @noted = NEW.weight",
      "schema: trigger noted",
      "BEFORE INSERT",
    ],
    ["a number without sign", "ALTER TABLE notes MODIFY weight int unsigned", columns, "unsigned"],
  ],
  accounts: [
    ["a unique index dropped", "DROP INDEX accounts_owner_key ON accounts", "schema: index accounts_owner_key", gone],
    [
      "another character set",
      "ALTER TABLE accounts MODIFY owner varchar(60) CHARACTER SET utf8mb4 NOT NULL",
      columns,
      "owner is varchar(60) ",
    ],
    [
      "a time that every update sets",
      "ALTER TABLE accounts MODIFY since timestamp(6) NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6)",
      columns,
      "ON UPDATE",
    ],
    ["a default gone", "ALTER TABLE accounts ALTER since DROP DEFAULT", columns, "since is timestamp(6)"],
    [
      "a column that takes NULL",
      "ALTER TABLE accounts MODIFY balance decimal(14,4)",
      columns,
      "balance is decimal(14,4)",
    ],
    [
      "a set with its words in another order",
      "ALTER TABLE accounts MODIFY rights set('write', 'read')",
      columns,
      "set('write','read')",
    ],
  ],
};

/** Every change of a table's objects. */
export function objectMutations(table: string): readonly ObjectMutation[] {
  return mutationsOf(table, changes[table]);
}
