const quietly = "SET foreign_key_checks = 0;";

const moved = (table: string): readonly string[] => [
  `${quietly} CREATE TEMPORARY TABLE moving AS SELECT * FROM ${table};
   DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM moving ORDER BY rand()`,
];

const everywhere = ["cities", "people", "amounts", "things", "visits", "notes", "accounts"];

/** All rewritings that validate must not report. `database` is the target's name. */
export function rewritings(database: string): readonly (readonly string[])[] {
  return [
    ["UPDATE amounts SET free = free * 1.000"],
    ["UPDATE amounts SET precise = -0e0 WHERE precise = 0; UPDATE amounts SET rough = -0e0 WHERE rough = 0"],
    ["UPDATE people SET code = rpad(code, 5, ' ')"],
    [
      `UPDATE things SET facts = json_object('c', json_extract(facts, '$.c'), 'b', json_extract(facts, '$.b'), 'a', 'x')
       WHERE facts IS NOT NULL`,
    ],
    ["UPDATE things SET facts = concat('  ', facts, ' ')"],
    ["UPDATE accounts SET rights = 'write,read' WHERE rights = 'read,write'"],
    ["UPDATE things SET mood = mood + 0"],
    [`ALTER DATABASE ${database} CHARACTER SET latin1`],
    [`ALTER DATABASE ${database} COLLATE utf8mb4_bin`],
    ...everywhere.flatMap((table): readonly (readonly string[])[] => [
      [`OPTIMIZE TABLE ${table}`],
      [`ALTER TABLE ${table} ENGINE = InnoDB`],
      [`ANALYZE TABLE ${table}`],
      [`CHECK TABLE ${table}`],
      [`ALTER TABLE ${table} COMMENT 'looked at'`],
      [`ALTER TABLE ${table} ROW_FORMAT = COMPACT`],
      [`ALTER TABLE ${table} STATS_PERSISTENT = 1`],
      [`ALTER TABLE ${table} ADD passing text; ALTER TABLE ${table} DROP passing`],
      [`ALTER TABLE ${table} RENAME TO passing; ALTER TABLE passing RENAME TO ${table}`],
    ]),
    ["ALTER TABLE notes DROP KEY notes_topic; ALTER TABLE notes ADD KEY notes_topic (topic)"],
    ["ALTER TABLE amounts DROP KEY amounts_big, ADD KEY amounts_big (big DESC) COMMENT 'built again'"],
    [
      `${quietly} ALTER TABLE visits DROP FOREIGN KEY visits_person_fkey;
      ALTER TABLE visits ADD CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people (id) ON DELETE CASCADE`,
    ],
    [`${quietly} ALTER TABLE amounts DROP PRIMARY KEY, ADD PRIMARY KEY (id)`],
    ["ALTER TABLE people AUTO_INCREMENT = 1000; ALTER TABLE accounts AUTO_INCREMENT = 1000"],
    ["ALTER TABLE people MODIFY note text COMMENT 'what else is known'"],
    ["ALTER TABLE notes MODIFY weight int FIRST"],
    ["DROP TRIGGER noted; CREATE TRIGGER noted AFTER INSERT ON notes FOR EACH ROW SET @noted = NEW.weight"],
    ["CREATE TRIGGER came BEFORE DELETE ON people FOR EACH ROW SET @gone = OLD.id"],
    ...["people", "visits", "notes", "accounts"].map(moved),
  ];
}
