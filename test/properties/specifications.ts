import fc from "fast-check";
import { stringify } from "yaml";
import { allOrigins } from "../../lib/mapping/origins/all-origins.js";
import { allRules } from "../../lib/mapping/rules/all-rules.js";
import {
  anyColumn,
  conditions,
  lookupFiles,
  optionsOf,
  originOptions,
  standInOf,
  type Written,
} from "./rule-options.js";

export type Keys = Readonly<Record<string, Written>>;

/** A migration made up of every rule and origin. */
export interface Specification {
  readonly files: Readonly<Record<string, string>>;
  /** What stands in the files of the tables. */
  readonly tables: Readonly<Record<TableOf, Keys>>;
  /** The key of the extract `visits`; none: all columns. */
  readonly visitsKey: readonly string[];
}

/** The tables, parents first. `visits` is a union, `exceptions` keeps a short ledger, `staff` refers to itself. */
export const tables = ["people", "visits", "exceptions", "staff"] as const;

export type TableOf = (typeof tables)[number];

/** The extracts that each table is made from, in the order of its rows. */
export const extractsOfTable: Readonly<Record<TableOf, readonly ExtractOf[]>> = {
  people: ["people"],
  visits: ["people", "visits"],
  exceptions: ["visits"],
  staff: ["people"],
};

export type ExtractOf = "people" | "visits";

const ruleOf = (kind: string): fc.Arbitrary<Keys> =>
  (optionsOf[kind] ?? fc.constant(null)).map((options) => ({ [kind]: options }));

// `references` stands where its parent is known, not on any column.
const kindsOf = (effect: string): readonly string[] =>
  allRules.filter((rule) => rule.effect === effect && rule.kind !== "references").map(({ kind }) => kind);

const changing = fc
  .uniqueArray(fc.constantFrom(...kindsOf("changes")), { maxLength: 2 })
  .chain((kinds) => fc.tuple(...kinds.map(ruleOf)).map((rules): Keys => Object.assign({}, ...rules)));

// A miss mostly has a stand-in: with a reject on every column no row would be written.
const translating = fc
  .tuple(
    fc.constantFrom(...kindsOf("translates")),
    fc.constantFrom("value", "null", "keep", "keep", "reject"),
    fc.boolean(),
  )
  .chain(([kind, otherwise, flags]) =>
    ruleOf(kind).map((rule): Keys => {
      if (otherwise === "reject") return rule;
      const standIn = otherwise === "value" ? standInOf(kind, rule[kind]) : otherwise === "null" ? null : "keep";
      return { ...rule, otherwise: standIn, ...(flags ? { flag: "marked" } : {}) };
    }),
  );

const keeping = fc.constantFrom(...kindsOf("keeps")).chain(ruleOf);

const maybe = (keys: fc.Arbitrary<Keys>, weight: number): fc.Arbitrary<Keys> =>
  fc.oneof({ weight, arbitrary: keys }, { weight: 10 - weight, arbitrary: fc.constant({}) });

/** Rules that may stand together, in any order, with an `only_if` of their own now and then. */
const group: fc.Arbitrary<Keys> = fc
  .tuple(changing, maybe(translating, 7), maybe(keeping, 1), fc.boolean())
  .chain(([changes, translates, keeps, isFirst]) => {
    const rules = isFirst ? { ...changes, ...translates, ...keeps } : { ...translates, ...changes, ...keeps };
    const because = { because: "somebody wants it" };
    const onlyIf = conditions.map((only_if): Keys => ({ only_if, ...because }));
    return Object.keys(rules).length === 0 ? fc.constant({}) : maybe(onlyIf, 3).map((more) => ({ ...rules, ...more }));
  });

const origin: fc.Arbitrary<Keys> = fc
  .constantFrom("from", "from", "from", ...allOrigins.filter(({ takesRules }) => takesRules).map(({ kind }) => kind))
  .chain((kind) => (originOptions[kind] ?? fc.constant(null)).map((options) => ({ [kind]: options })));

/** A column with the rules it has itself, and those of `rules:` before or after them. */
const column: fc.Arbitrary<Keys> = fc
  .tuple(origin, group, fc.array(group, { maxLength: 2 }), fc.boolean())
  .map(([from, own, items, isBefore]): Keys => {
    const rules = items.filter((one) => Object.keys(one).length > 0);
    if (rules.length === 0) return { ...from, ...own };
    return isBefore ? { ...from, rules, ...own } : { ...from, ...own, rules };
  });

/** The same in a union: a UUID says whether the extracts share keys, a source column may have a name in each. */
const inUnion: fc.Arbitrary<Keys> = fc.tuple(column, anyColumn, fc.boolean()).map(([written, other, isOther]) => {
  if (written.uuid5 !== undefined) return { ...written, uuid5: { columns: written.uuid5, per_extract: isOther } };
  return written.from === undefined || isOther
    ? written
    : { ...written, from: { people: written.from, visits: other } };
});

const named = (all: fc.Arbitrary<Keys>): fc.Arbitrary<Keys> =>
  fc
    .array(all, { minLength: 1, maxLength: 4 })
    .map((some): Keys => Object.fromEntries(some.map((one, index) => [`t${index}`, one])));

const sorting = fc
  .tuple(fc.constantFrom("num", "num", "a"), fc.constantFrom("", " desc", " asc"))
  .map((two) => two.join(""));

// Mostly by the key, which repeats, and by what often ties.
const dedupe: fc.Arbitrary<Keys> = fc
  .tuple(
    fc.constantFrom(["id"], ["id"], ["id"], ["t0"], ["t0", "id"], ["a"]),
    fc.constantFrom("latest", "first", "last", "most_complete", "in source order", "first without order"),
    fc.uniqueArray(sorting, { minLength: 1, maxLength: 2 }),
    fc.constantFrom({}, {}, { tie_break: "b" }),
  )
  .map(([by, keep, order, tieBreak]): Keys => {
    if (keep === "in source order") return { dedupe: { by, keep: "last" } };
    return { dedupe: keep === "first without order" ? { by, keep: "first" } : { by, keep, order, ...tieBreak } };
  });

/** Whether a table keeps the last duplicate in the order of the source: then it says itself that this order matters. */
export function followsSourceOrder({ files }: Specification): boolean {
  return tables.some((table) => /keep: last\n(?! *order:)/.test(`${files[`${table}.yaml`]}\n`));
}

const outs: fc.Arbitrary<Keys> = fc
  .tuple(
    maybe(
      conditions.map((keep): Keys => ({ filter: [{ keep: `coalesce(${keep}, true)` }] })),
      3,
    ),
    maybe(
      conditions.map((when): Keys => ({ reject: [{ when: `${when} AND num = '1'`, reason: "asked for" }] })),
      4,
    ),
    maybe(dedupe, 7),
  )
  .map(([filter, reject, unique]) => ({ ...filter, ...reject, ...unique }));

const reference = (table: string): fc.Arbitrary<Keys> =>
  fc.constantFrom<Keys>(
    { from: "ref", references: table },
    { from: "ref", trim: true, references: { table }, otherwise: null },
    { references: { table, by: ["ref"] }, otherwise: "nobody", flag: "marked" },
    { from: "ref", null_if: ["7"], references: table, otherwise: null },
  );

// The same key whatever rules the table has: children make it, too.
const key = fc.constantFrom<Keys>({ sql: "'P-' || id" }, { uuid5: ["id"] }, { from: "id" });

const marked: Keys = { marked: { flagged: true } };

const columns = named(column);

const tablesOf = fc
  .tuple(fc.tuple(columns, outs), fc.tuple(named(inUnion), outs), fc.tuple(columns, outs), fc.tuple(columns, outs))
  .chain(([people, visits, exceptions, staff]) =>
    fc.tuple(key, reference("people"), fc.constantFrom("reject", null, "keep"), reference("staff")).map(
      ([id, parent, otherwise, boss]): Readonly<Record<TableOf, Keys>> => ({
        people: { columns: { key: id, ...people[0], ...marked }, key: ["key"], ...people[1] },
        visits: { union: ["people", "visits"], columns: { person: parent, ...visits[0], ...marked }, ...visits[1] },
        exceptions: {
          from: "visits",
          ledger: "exceptions",
          columns: { person: { sql: "'P-' || ref" }, ...exceptions[0], ...marked },
          expect: [{ relationships: { column: "person", to: "people.key", otherwise } }],
          ...exceptions[1],
        },
        staff: { from: "people", columns: { key: id, boss, ...staff[0], ...marked }, key: ["key"], ...staff[1] },
      }),
    ),
  );

/** Mappings out of every rule and origin there is. */
export const specifications: fc.Arbitrary<Specification> = fc
  .tuple(tablesOf, fc.constantFrom<readonly string[]>(["id"], ["id", "num"], []))
  .map(([all, visitsKey]) => {
    const extracts = { people: { key: ["id"] }, visits: visitsKey.length > 0 ? { key: visitsKey } : {} };
    // Without aliases, which are errors.
    const yaml = (keys: Keys): string => stringify(keys, { lineWidth: 0, aliasDuplicateObjects: false });
    const tableFiles = tables.map((table) => [`${table}.yaml`, yaml({ table, ...all[table] })]);
    const files = { "migration.yaml": yaml({ migration: "TEST-1", extracts }), ...lookupFiles };
    return { files: { ...files, ...Object.fromEntries(tableFiles) }, tables: all, visitsKey };
  });
