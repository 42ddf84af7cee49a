/** Statements that change how rows and objects are kept, and nothing that they mean; each runs by itself. */
export type Rewriting = readonly string[];

const moved = (table: string, columns: string): Rewriting => [
  `SET session_replication_role = replica;
   CREATE TEMPORARY TABLE moving AS SELECT * FROM ${table};
   DELETE FROM ${table};
   INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM moving ORDER BY random()`,
];

/** All rewritings that validate must not report. `database` is the target's name. */
export function rewritings(database: string): readonly Rewriting[] {
  const everywhere = ["cities", "people", "amounts", "things", "visits", "notes", "accounts"];
  return [
    ["UPDATE amounts SET free = free * 1.000"],
    ["UPDATE amounts SET free = trim_scale(free)"],
    ["UPDATE amounts SET precise = '-0' WHERE precise = 0; UPDATE amounts SET rough = '-0' WHERE rough = 0"],
    ["UPDATE people SET code = rpad(code, 5)"],
    ["SET TimeZone = 'Asia/Tokyo'; UPDATE people SET joined = joined::text::timestamptz"],
    ["UPDATE accounts SET since = (since AT TIME ZONE 'America/Lima') AT TIME ZONE 'America/Lima'"],
    [
      "UPDATE things SET facts = jsonb_build_object('c', facts -> 'c', 'b', facts -> 'b', 'a', facts -> 'a') WHERE facts IS NOT NULL",
    ],
    ["UPDATE things SET tags = tags[:]"],
    ["UPDATE things SET token = upper(token::text)::uuid"],
    ["UPDATE things SET span = span + interval '0'"],
    [`ALTER DATABASE ${database} SET TimeZone = 'Pacific/Apia'`],
    [`ALTER DATABASE ${database} SET DateStyle = 'SQL, DMY'`],
    [`ALTER DATABASE ${database} SET bytea_output = 'escape'`],
    [`ALTER DATABASE ${database} SET IntervalStyle = 'iso_8601'`],
    [`ALTER DATABASE ${database} SET extra_float_digits = -10`],
    [`ALTER DATABASE ${database} SET enable_hashjoin = off`],
    ...everywhere.flatMap((table): readonly Rewriting[] => [
      [`VACUUM FULL ${table}`],
      [`VACUUM FREEZE ${table}`],
      [`REINDEX TABLE ${table}`],
      [`ANALYZE ${table}`],
      [`COMMENT ON TABLE ${table} IS 'looked at'`],
      [`ALTER TABLE ${table} SET (fillfactor = 70)`],
      [`ALTER TABLE ${table} ADD passing text; ALTER TABLE ${table} DROP passing`],
    ]),
    ["REINDEX INDEX CONCURRENTLY people_city"],
    ["CLUSTER people USING people_pkey"],
    ["CLUSTER visits USING visits_day"],
    ["DROP INDEX notes_topic; CREATE INDEX notes_topic ON notes (topic)"],
    ["ALTER TABLE people DISABLE TRIGGER touched; ALTER TABLE people ENABLE TRIGGER touched"],
    ["ALTER TABLE people ALTER name SET STORAGE EXTERNAL"],
    ["ALTER TABLE people ALTER name SET STATISTICS 500; CREATE STATISTICS people_two ON city, born FROM people"],
    ["SELECT nextval('people_id_seq'), nextval('accounts_id_seq')"],
    ["GRANT SELECT ON people TO PUBLIC"],
    moved("people", "id, name, note, code, city, born, joined, seen, wakes"),
    moved("visits", "person, day, place, cost"),
    moved("notes", "topic, body, weight"),
    moved("accounts", "id, owner, balance, since, opened, rights"),
  ];
}
