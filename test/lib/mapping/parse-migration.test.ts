import { describe, expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { complaints, filesOf, peopleWith } from "./specification-fixture.js";

const people = (text: string): Readonly<Record<string, string>> => ({ "people.yaml": text });
const head = (text: string): Readonly<Record<string, string>> => ({
  "migration.yaml": text,
  "people.yaml": peopleWith("id: id"),
});
const minimal = "migration: M-1\nextracts: { people: }\n";

describe("what is read", () => {
  it("a migration of the fewest words gets the documented defaults", () => {
    const { tables, ...migration } = parseMigration(filesOf({ "people.yaml": "table: people\ncolumns: all\n" }));

    expect(migration).toMatchObject({
      id: "M-1",
      title: "",
      acceptance: { rejectedMaxPercent: undefined, sampleRows: 100 },
    });
    expect(migration.extracts).toEqual([
      {
        ...{ name: "people", from: { kind: "table", table: "people" }, where: undefined, key: undefined },
        ...{ watermark: undefined, rowChecksum: true, partRows: 250_000, partBy: undefined, invalidText: "refuse" },
      },
    ]);
    expect(tables[0]).toMatchObject({
      extracts: ["people"],
      columns: "all",
      ledger: "full",
      changesLimit: 10_000,
      load: { mode: "replace", inPlace: false, onReject: "fail", triggers: "aside" },
    });
  });

  it("every key of migration.yaml arrives", () => {
    const text = [
      "migration: M-1",
      "title: T",
      `source: postgres://me@host/\${DATABASE}`,
      `target: \${WAYBILL_TARGET_URL}`,
      "extracts:",
      "  people: { table: registry.people, where: id > 0, key: [id], watermark: at, row_checksum: false, part_rows: 5, part_by: { column: at, every: month } }",
      "  young: { select: SELECT 1 }",
      "acceptance: { rejected: { max_percent: 0.5 }, sample: 1000 }",
      "rollback_when: { validation_failures_percent: 0.1, minutes: 30 }",
      "sign_off: [Owner]",
      "retention_days: 90",
    ];

    const migration = parseMigration(filesOf(head(text.join("\n"))));

    expect(migration).toMatchObject({
      ...{
        title: "T",
        sources: [{ name: undefined, url: `postgres://me@host/\${DATABASE}` }],
        target: `\${WAYBILL_TARGET_URL}`,
        signOff: ["Owner"],
        retentionDays: 90,
      },
      acceptance: { rejectedMaxPercent: 0.5, sampleRows: 1000 },
      rollbackWhen: { validation_failures_percent: 0.1, minutes: 30 },
      extracts: [
        {
          ...{ from: { kind: "table", table: "registry.people" }, where: "id > 0", key: ["id"], watermark: "at" },
          ...{ rowChecksum: false, partRows: 5, partBy: { column: "at", every: "month" } },
        },
        { name: "young", from: { kind: "select", sql: "SELECT 1" } },
      ],
    });
  });

  it("every key of a table's file arrives", () => {
    const text = [
      "table: relief.people",
      "from: people",
      "filter: [{ keep: id > 0, because: b }]",
      "reject: [{ when: id IS NULL, reason: r }]",
      "columns: { id: id, name: { trim: true }, review: { flagged: true } }",
      "dedupe: { by: id, keep: latest, order: at, tie_break: [id, at DESC], because: b }",
      "expect:",
      "  - unique: [id, name]",
      "  - not_null: { columns: id, severity: warn }",
      "  - relationships: { column: id, to: relief.people.id, otherwise: null }",
      "  - accepted_values: { column: review, values: [t, f, 010] }",
      "  - range: { column: id, min: 1, severity: warn }",
      "  - pattern: { column: name, matches: '^[A-Z]' }",
      "  - missing_percent: { column: name, max: 2.5 }",
      "  - freshness: { column: name, max_age: 7 days }",
      "  - row_count_equal: { to: archive.people }",
      "  - query: { name: nobody is unborn, select: SELECT id FROM people WHERE born > current_date }",
      "  - report: { name: months, by: month, source: SELECT 1, target: SELECT 2, within_percent: 0.5 }",
      "  - aggregate: { group: [name], measures: [count, max(id), nulls(name)] }",
      "  - rejected: 3",
      "load: { mode: replace }",
      "ledger: exceptions",
      "changes: { limit: 5 }",
      "key: id",
    ];

    const [table] = parseMigration(filesOf(people(text.join("\n")))).tables;

    expect(table).toMatchObject({
      ...{ name: "relief.people", extracts: ["people"], ledger: "exceptions", changesLimit: 5, key: ["id"] },
      filters: [{ rule: "filter[0]", sql: "id > 0", because: "b" }],
      rejects: [{ rule: "reject[0]", when: "id IS NULL", reason: "r" }],
      dedupe: {
        ...{ rule: "dedupe", by: ["id"], keep: "latest", because: "b" },
        order: [{ column: "at", descending: true }],
        tieBreak: [
          { column: "id", descending: false },
          { column: "at", descending: true },
        ],
      },
      relationships: [
        {
          rule: "relationship:id",
          column: "id",
          parent: "relief.people",
          parentColumn: "id",
          otherwise: { kind: "value", value: null },
          severity: "error",
        },
      ],
      expect: {
        tests: [
          { kind: "unique", columns: ["id", "name"], severity: "error" },
          { kind: "not_null", columns: ["id"], severity: "warn" },
          { kind: "accepted_values", column: "review", values: ["t", "f", "010"], severity: "error" },
          { kind: "range", column: "id", min: "1", max: undefined, severity: "warn" },
          { kind: "pattern", column: "name", matches: "^[A-Z]" },
          { kind: "missing_percent", column: "name", max: 2.5 },
          { kind: "freshness", column: "name", maxAge: { count: 7, unit: "days" } },
          { kind: "row_count_equal", to: "archive.people" },
          { kind: "query", name: "nobody is unborn", sql: "SELECT id FROM people WHERE born > current_date" },
        ],
        reports: [{ name: "months", by: ["month"], source: "SELECT 1", target: "SELECT 2", withinPercent: 0.5 }],
        aggregates: [
          {
            group: ["name"],
            measures: [{ measure: "count" }, { measure: "max", column: "id" }, { measure: "nulls", column: "name" }],
            severity: "error",
          },
        ],
        counts: { rejected: 3 },
      },
    });
  });

  it("columns stand in the order of the file, whatever they are called", () => {
    const [table] = parseMigration(filesOf(people(peopleWith("b: b", "10: x", "a: a", "2: x")))).tables;

    expect(table?.columns === "all" ? [] : table?.columns.map(({ name }) => name)).toEqual(["b", "10", "a", "2"]);
  });

  it("rules are applied in the order in which they are written, what a value has to be in the end last", () => {
    const rules = [
      "{ required: true, date: DD/MM/YYYY, trim: true, from: x }",
      "{ map: { a: b }, rules: [{ trim: true }, { map: { b: c } }, { required: true }], lookup: { file: lookups/a.csv, key: k, value: v } }",
    ];

    const named = rules.map((column) => {
      const files = { ...people(peopleWith(`v: ${column}`)), "lookups/a.csv": "k,v\n" };
      const [table] = parseMigration(filesOf(files)).tables;
      return table?.columns === "all" ? [] : table?.columns[0]?.rules.map(({ rule }) => rule);
    });

    expect(named).toEqual([
      ["v.date", "v.trim", "v.required"],
      ["v.map", "v.trim", "v.map[2]", "v.lookup", "v.required"],
    ]);
  });

  it("a comment that moves the lines changes nothing a fingerprint is made of", () => {
    const text = peopleWith("id: { uuid5: [id] }", "v: { from: x, map: { 1: a } }");

    const [before, after] = [text, `# more\n\n${text}`].map((text) => parseMigration(filesOf(people(text))).tables);

    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
  });
});

describe("the order of tables", () => {
  const table = (name: string, ...parents: readonly string[]): string =>
    [
      `table: ${name}`,
      "from: people",
      `columns: { id: id${parents.map((parent) => `, ${parent}: id`).join("")} }`,
      "expect:",
      "  - not_null: id",
      ...parents.map((parent) => `  - relationships: { column: ${parent}, to: ${parent}.id }`),
    ].join("\n");

  it("parents come before children, equals by name, and a table may refer to itself", () => {
    const files = {
      "1.yaml": table("c", "d", "c"),
      "2.yaml": table("b"),
      "3.yaml": table("d", "e"),
      "4.yaml": table("e"),
      "5.yaml": table("a", "e"),
    };

    const { tables } = parseMigration(filesOf(files));

    expect(tables.map(({ name }) => name)).toEqual(["b", "e", "a", "d", "c"]);
  });
});

describe("what is refused", () => {
  it.each([
    ["table: people\ncolums: all\n", 'people.yaml:2: unknown key "colums"; did you mean "columns"?'],
    ["table: people\n\nview: people\ncolumns: all\n", 'people.yaml:3: unknown key "view"'],
    ["table: people\n\nquery: SELECT 1\ncolumns: all\n", "people.yaml:3: query: does not say its lineage"],
    ["table: people\n", 'people.yaml:1: "columns" is missing'],
    ["columns: all\n", 'people.yaml:1: "table" is missing'],
    ["", "people.yaml:1: expected a map, found nothing"],
    ["table: people\ncolumns: al\n", 'people.yaml:2: columns: expected all or a map, found "al"; did you mean "all"?'],
    ["table: people\ncolumns: {}\n", "people.yaml:2: columns: empty"],
    [
      "table: people\ncolumns: all\nfrom: peopel\n",
      'people.yaml:3: extract "peopel" is not declared; did you mean "people"?',
    ],
    [
      "table: people\ncolumns: all\nload: { mode: delete }\n",
      'people.yaml:3: load.mode: expected replace or upsert or insert, found "delete"',
    ],
    [
      "table: people\ncolumns: all\nledger: ful\n",
      'people.yaml:3: ledger: expected full or exceptions, found "ful"; did you mean "full"?',
    ],
    ["table: people\ncolumns: all\nfilter:\n  - keep: a; b\n", "people.yaml:4: filter[0].keep: SQL holds a semicolon"],
    ["table: people\ncolumns: all\nreject:\n  - when: a\n", 'people.yaml:4: reject[0]: "reason" is missing'],
    [
      "table: people\ncolumns: all\ndedupe: { by: [id], keep: latest }\n",
      "people.yaml:3: dedupe: keep: latest without order",
    ],
    [
      "table: people\ncolumns: all\ndedupe: { by: [id], keep: lates, order: at }\n",
      'people.yaml:3: dedupe.keep: expected latest or first or last or most_complete, found "lates"; did you mean "latest"?',
    ],
    [
      "table: people\ncolumns: all\ndedupe: { by: [id], keep: last, tie_break: at }\n",
      "people.yaml:3: dedupe: keep: last without order has no ties",
    ],
    [
      "table: people\ncolumns: all\nchanges: { limit: many }\n",
      'people.yaml:3: changes.limit: expected a number, found "many"',
    ],
    ["table: people\ncolumns: { id: id }\nkey: ID\n", 'people.yaml:3: people has no column "ID"; did you mean "id"?'],
  ])("a table's file: %j", (text, line) => {
    expect(complaints(people(text)).lines).toEqual([line]);
  });

  it.each([
    ["v: { form: x, trim: true }", 'people.yaml:3: unknown key "form"; did you mean "from"?'],
    ["v: { from: x, trim: yes }", 'people.yaml:3: columns.v.trim: expected true or false, found "yes"'],
    ["v: { from: x, const: 1 }", "people.yaml:3: columns.v: both from and const"],
    [
      "v: { from: x, date: DD/MM/YYYY, map: { a: b }, otherwise: c }",
      "people.yaml:3: columns.v: otherwise after both date and map",
    ],
    ["v: { from: x, otherwise: y }", "people.yaml:3: columns.v: otherwise without a rule that can miss"],
    ["v: { from: x, flag: f }", "people.yaml:3: columns.v: flag without a rule that can miss"],
    ["v: { from: x, only_if: x = '1' }", "people.yaml:3: columns.v: only_if without a rule"],
    [
      "v: { from: x, trim: true, only_if: a) OR (b }",
      "people.yaml:3: columns.v.only_if: SQL closes a ) it did not open",
    ],
    ["v: { from: x, rules: [] }", "people.yaml:3: columns.v.rules: expected at least 1"],
    ["v: { from: x, rules: [{ because: b }] }", "people.yaml:3: columns.v.rules[0]: no rule"],
    ["v: { from: x, rules: [{ trin: true }] }", 'people.yaml:3: unknown key "trin"; did you mean "trim"?'],
    [
      "v: { from: x, rules: [{ trim: true }, { trim: true, otherwise: c }] }",
      "people.yaml:3: columns.v.rules[1]: otherwise without a rule that can miss",
    ],
    [
      "v: { from: x, rules: [{ map: { a: b }, otherwise: c, flag: f }] }",
      'people.yaml:3: flag "f" is no flagged column',
    ],
    ["v: { from: x, map: { a: b }, flag: f }", "people.yaml:3: columns.v: flag without otherwise: VALUE"],
    ["v: { from: x, map: { a: b }, otherwise: c, flag: f }", 'people.yaml:3: flag "f" is no flagged column'],
    ["v: { from: x, map: {} }", "people.yaml:3: columns.v.map: empty"],
    ["v: { from: x, map: { a: [b] } }", "people.yaml:3: columns.v.map.a: expected text, found a list"],
    [
      "v: { from: x, date: DD/MM/YYYY, otherwise: never }",
      "people.yaml:3: columns.v: otherwise is no date as the rule writes them (2024-02-29)",
    ],
    ["v: { flagged: true, trim: true }", "people.yaml:3: columns.v: rules after flagged"],
    ["v: { flagged: false }", "people.yaml:3: columns.v.flagged: expected true, found false"],
    ["v:", "people.yaml:3: columns.v: expected a map, found nothing"],
    ["v: { sql: a) OR (b }", "people.yaml:3: columns.v.sql: SQL closes a ) it did not open"],
    ["v: { uuid5: [] }", "people.yaml:3: columns.v.uuid5.columns: expected at least 1"],
    [
      "v: { uuid5: { table: peple, columns: [id] } }",
      'people.yaml:3: table "peple" is not of this migration; did you mean "people"?',
    ],
    ["v: { from: x, lookup: { file: lookups/a.csv, key: k } }", 'people.yaml:3: columns.v.lookup: "value" is missing'],
    [
      "v: { from: x, lookup: { file: lookups/a.csv, key: k, value: v } }",
      'people.yaml:3: lookup file "lookups/a.csv" is not there',
    ],
  ])("a column: %s", (column, line) => {
    expect(complaints(people(peopleWith(column))).lines).toEqual([line]);
  });

  it("a second relationship of one column", () => {
    const relationship = "  - relationships: { column: id, to: people.id }\n";
    const { lines } = complaints(people(`${peopleWith("id: id")}expect:\n${relationship}${relationship}`));

    expect(lines).toEqual(['people.yaml:6: a second relationship of "id"']);
  });

  it("a second flagged column", () => {
    const { lines } = complaints(people(peopleWith("a: { flagged: true }", "b: { flagged: true }")));

    expect(lines).toEqual(['people.yaml:4: a second flagged column, "b" after "a"']);
  });

  it.each([
    ["unique: idd", 'people.yaml:5: people has no column "idd"; did you mean "id"?'],
    ["uniqe: id", 'people.yaml:5: unknown key "uniqe"; did you mean "unique"?'],
    ["{ unique: id, not_null: id }", "people.yaml:5: expect[0]: 2 tests in one line of the list"],
    ["{}", "people.yaml:5: expect[0]: 0 tests in one line of the list"],
    [
      "relationships: { column: id, to: people }",
      'people.yaml:5: expect[0].relationships.to: "people" is not table.column',
    ],
    [
      "relationships: { column: id, to: peopl.id }",
      'people.yaml:5: table "peopl" is not of this migration; did you mean "people"?',
    ],
    ["relationships: { column: id, to: people.idd }", 'people.yaml:5: people has no column "idd"; did you mean "id"?'],
    [
      "relationships: { column: id, to: people.id, otherwise: drop }",
      'people.yaml:5: expect[0].relationships.otherwise: expected reject or null or keep, found "drop"',
    ],
    [
      "accepted_values: { column: id, values: [~] }",
      "people.yaml:5: expect[0].accepted_values.values[0]: expected text, found nothing",
    ],
    [
      "aggregate: { measures: [median(id)] }",
      'people.yaml:5: expect[0].aggregate.measures[0]: unknown measure "median(id)"',
    ],
    ["range: { column: id }", "people.yaml:5: expect[0].range: neither min nor max"],
    ["range: { column: idd, min: 1 }", 'people.yaml:5: people has no column "idd"; did you mean "id"?'],
    [
      "freshness: { column: id, max_age: a week }",
      'people.yaml:5: expect[0].freshness.max_age: "a week" is no span of time',
    ],
    [
      "query: { name: q, select: DELETE FROM people }",
      "people.yaml:5: expect[0].query.select: SQL does not begin with SELECT or WITH",
    ],
    ["query: { name: q, select: SELECT 1; COMMIT }", "people.yaml:5: expect[0].query.select: SQL holds a semicolon"],
    [
      "not_null: { columns: id, severity: warning }",
      'people.yaml:5: expect[0].not_null.severity: expected error or warn, found "warning"; did you mean "warn"?',
    ],
  ])("an expectation: %s", (test, line) => {
    expect(complaints(people(`${peopleWith("id: id")}expect:\n  - ${test}\n`)).lines).toEqual([line]);
  });

  it.each([
    ["extracts: { people: }", 'migration.yaml:1: "migration" is missing'],
    ["migration: M/1\nextracts: { people: }", 'migration.yaml:1: migration: "M/1" is no id'],
    ["migration: M-1", 'migration.yaml:1: "extracts" is missing'],
    [`${minimal}tilte: x`, 'migration.yaml:3: unknown key "tilte"; did you mean "title"?'],
    [`${minimal}source: postgres://me:secret@host/db`, "migration.yaml:3: source: the URL holds a password"],
    [`${minimal}target: host=h password=secret`, "migration.yaml:3: target: the URL holds a password"],
    [`${minimal}retention_days: -1`, 'migration.yaml:3: retention_days: expected a number, found "-1"'],
    [
      `${minimal}acceptance: { rejected: { max_percent: 101 } }`,
      "migration.yaml:3: acceptance.rejected.max_percent: expected at most 100",
    ],
    [`${minimal}rollback_when: { a: soon }`, 'migration.yaml:3: rollback_when.a: expected a number, found "soon"'],
    [
      "migration: M-1\nextracts:\n  people: { tabel: p }",
      'migration.yaml:3: unknown key "tabel"; did you mean "table"?',
    ],
    [
      "migration: M-1\nextracts:\n  people: { table: p, select: SELECT 1 }",
      "migration.yaml:3: extracts.people: both table and select",
    ],
    [
      "migration: M-1\nextracts:\n  people: { select: SELECT 1, where: a }",
      "migration.yaml:3: extracts.people: both select and where",
    ],
    [
      "migration: M-1\nextracts:\n  people: { part_rows: 0 }",
      "migration.yaml:3: extracts.people.part_rows: expected at least 1",
    ],
    [
      "migration: M-1\nextracts:\n  people: { part_by: { column: a, every: weak } }",
      'migration.yaml:3: extracts.people.part_by.every: expected day or month or quarter or year, found "weak"',
    ],
    [
      "migration: M-1\nextracts:\n  people:\n  people:\n",
      'migration.yaml:4: key "people" stands twice, first on line 3',
    ],
  ])("migration.yaml: %j", (text, line) => {
    expect(complaints(head(text)).lines).toEqual([line]);
  });

  it("a password is never part of the message", () => {
    const { lines, hint } = complaints(head(`${minimal}source: postgres://me:s3cret@host/db`));

    expect(`${lines.join()}${hint}`).not.toContain("s3cret");
    expect(hint).toContain(`\${WAYBILL_SOURCE_URL}`);
  });

  it.each([
    ["code,iso\n1,a\n2,b\n1,c\n", 'lookups/a.csv:4: key "code" repeats the one of line 2'],
    ["code,iso\n1,a\n ,b\n", 'lookups/a.csv:3: key "code" is blank'],
    ["code,name\n1,a\n", 'people.yaml:3: lookups/a.csv has no column "iso"'],
    ["code,iso\n1,a,b\n", "lookups/a.csv:2: the line has more or fewer values than the header"],
    ['code,iso\n1,"a\n', expect.stringMatching(/^lookups\/a\.csv:\d: a quote is not closed$/)],
    ["code,iso,code\n1,a,2\n", 'lookups/a.csv:1: column "code" stands twice'],
    ["", "lookups/a.csv:1: the file has no header"],
    [Buffer.from("code,iso\n1,\xe9\n", "latin1"), "lookups/a.csv:1: the file is not UTF-8"],
  ])("a lookup file: %j", (content, line) => {
    const table = peopleWith("v: { from: x, lookup: { file: lookups/a.csv, key: code, value: iso } }");

    expect(complaints({ "people.yaml": table, "lookups/a.csv": content }).lines).toEqual([line]);
  });

  it("two files for one table", () => {
    const { lines } = complaints({ "people.yaml": peopleWith("id: id"), "persons.yaml": peopleWith("id: id") });

    expect(lines).toEqual(['persons.yaml:1: table "people" stands in people.yaml already']);
  });

  it("a migration without tables, and a folder without migration.yaml", () => {
    expect(complaints({}).lines).toEqual(["migration.yaml:1: the migration has no table"]);
    expect(() => parseMigration([])).toThrow("migration.yaml: the file is not there");
  });

  it("every problem of every file is told at once, in the order of the lines, with its cure", () => {
    const { lines, hint } = complaints({
      "migration.yaml": "migration: M-1\nextracts: { people: }\nsampel: 1\n",
      "people.yaml": "table: people\nledger: none\ncolumns:\n  a: { form: x }\n  b: { trim: 1 }\n",
    });

    expect(lines).toEqual([
      'migration.yaml:3: unknown key "sampel"',
      'people.yaml:2: ledger: expected full or exceptions, found "none"',
      'people.yaml:4: unknown key "form"; did you mean "from"?',
      'people.yaml:5: columns.b.trim: expected true or false, found "1"',
    ]);
    expect(hint).toContain("write full or exceptions");
  });

  it("no more than twenty problems are listed", () => {
    const columns = Array.from({ length: 30 }, (_, index) => `c${index}: { trim: 1 }`);

    const { lines } = complaints(people(peopleWith(...columns)));

    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("and 10 more");
  });
});
