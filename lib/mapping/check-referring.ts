import { didYouMean } from "../model/nearest.js";
import type { ParsedExpectation } from "./expectation-schema.js";
import type { Table } from "./migration.js";
import type { Problem } from "./problems.js";
import { references } from "./rules/references.js";
import { settleOtherwise } from "./settle-expectations.js";
import { declaredKey, type ReferringColumn, referringColumns } from "./settle-references.js";
import { type Known, problemAt, type TableFile } from "./table-file.js";
import { listed } from "./words.js";

/** Every `references` names a table whose ledger can say what became of its keys, and stands where it can be settled. */
export function checkReferring(file: TableFile, known: Known): readonly Problem[] {
  return referringColumns(file.table).flatMap((referring) => {
    const parent = known.tables.find(({ name }) => name === referring.reference.table);
    const faults =
      parent === undefined
        ? [unknownTable(referring, known.tables)]
        : [
            ...parentFaults(referring, parent),
            ...keyFaults(referring, parent, known),
            ...testFaults(referring, parent, file),
          ];
    const path = ["columns", referring.column.name];
    return [...placeFaults(referring), ...faults].map((fault) => problemAt(file.yaml, path, fault));
  });
}

type Fault = readonly [text: string, hint: string];

function unknownTable({ reference: { table } }: ReferringColumn, tables: readonly Table[]): Fault {
  const names = tables.map(({ name }) => name);
  return [
    `references: table ${JSON.stringify(table)} is not of this migration${didYouMean(table, names)}`,
    `the tables: ${names.join(", ")}`,
  ];
}

function parentFaults({ reference }: ReferringColumn, parent: Table): readonly Fault[] {
  const faults: Fault[] = [];
  if (parent.ledger !== "full")
    faults.push([
      `references: ${parent.name} writes a ledger of exceptions, which does not say what became of every key`,
      `write ledger: full in ${parent.file}`,
    ]);
  const key = declaredKey(parent);
  if (key === undefined)
    faults.push([
      `references: ${parent.file} does not say which column names a row of ${parent.name}`,
      `add it there, for example key: [id]`,
    ]);
  else if (key.length !== 1)
    faults.push([
      `references: the key of ${parent.name} has ${key.length} columns (${key.join(", ")}), a reference has one`,
      `give ${parent.file} a key: of one column that the target keeps unique`,
    ]);
  const { extracts } = parent;
  if (extracts.length === 0)
    faults.push([
      `references: ${parent.name} is made by a query with lineage: none, so nobody knows what became of a source key`,
      `say whose rows they are in ${parent.file}: lineage: { column: …, of: … }`,
    ]);
  else if (reference.extract !== undefined && !extracts.includes(reference.extract))
    faults.push([
      `references: ${parent.name} is not made from extract ${JSON.stringify(reference.extract)}${didYouMean(reference.extract, extracts)}`,
      `its extract${extracts.length === 1 ? "" : "s"}: ${extracts.join(", ")}`,
    ]);
  if (reference.extract === undefined && extracts.length > 1)
    faults.push([
      `references: ${parent.name} is a union of ${listed(extracts)}, in which one source key may be of two rows`,
      `say whose keys these are: references: { table: ${parent.name}, extract: ${extracts[0]} }`,
    ]);
  return faults;
}

// Where no key is declared, the source's catalog says which columns it has: transform looks then.
function keyFaults({ column, reference }: ReferringColumn, parent: Table, { extracts }: Known): readonly Fault[] {
  const extract = extracts.find(({ name }) => name === (reference.extract ?? parent.extracts[0]));
  const fault = keyWidthFault(reference.keyColumns, extract?.key, { column: column.name, parent: parent.name });
  return fault === undefined ? [] : [fault];
}

/** Why as many columns as `found` cannot name a row by the key of the parent's extract; undefined when they can. */
export function keyWidthFault(
  found: number,
  key: readonly string[] | undefined,
  { column, parent }: { readonly column: string; readonly parent: string },
): Fault | undefined {
  if (key === undefined || key.length === found) return undefined;
  const names = key.map((name) => `… for ${name}`).join(", ");
  return [
    `${column}: a row of ${parent} is named by ${key.length} columns of its extract (${key.join(", ")}), references gives ${found}`,
    `write references: { table: ${parent}, by: [${names}] }`,
  ];
}

/** What else the column says must leave the reference the last word. */
function placeFaults({ column, reference }: ReferringColumn): readonly Fault[] {
  const { rules, name } = column;
  const { rule } = reference;
  const after = rules.slice(rules.indexOf(rule) + 1).filter(({ kind }) => kind !== "required");
  const faults: Fault[] = [];
  if (after.length > 0)
    faults.push([
      `${listed(after.map(({ kind }) => kind))} after references`,
      `a reference is settled when all columns are mapped: leave ${after.length === 1 ? "it" : "them"} out`,
    ]);
  if (rule.onlyIf !== undefined)
    faults.push([
      "references with only_if",
      "a column refers to a parent in every row: filter the rows, or use two columns",
    ]);
  if (rule.otherwise?.kind === "keep")
    faults.push([
      "references with otherwise: keep",
      "a source key is no key of the target: write null, a value, or reject",
    ]);
  const isRequired = rules.some(({ kind }) => kind === "required");
  if (isRequired && rule.otherwise?.kind === "value" && rule.otherwise.value === null)
    faults.push([`required ${name}, and otherwise: null`, "write a value or reject, or leave required out"]);
  if (reference.keyColumns > 1 && (column.origin.kind !== "source_key" || rules[0] !== rule))
    faults.push([
      `both ${references.kind} by and what it would take the place of`,
      "by: names the source columns: leave the rest out",
    ]);
  return faults;
}

/**
 * What waits for the ring to be settled cannot decide how it is settled: a reference within it is neither the key by
 * which others refer to its row, nor what makes two rows duplicates.
 */
export function checkRing({ table: { name }, yaml }: TableFile, tables: readonly Table[]): readonly Problem[] {
  const table = tables.find((one) => one.name === name);
  if (table === undefined) return [];
  const inner = table.relationships.filter(({ parent, translates }) => translates && table.ring.includes(parent));
  return inner.flatMap(({ column, parent }) => {
    const used = [
      ...(declaredKey(table)?.includes(column) ? ["the key"] : []),
      ...(table.dedupe?.by.includes(column) ? ["dedupe by"] : []),
    ];
    const ring = table.ring.length === 1 ? "itself" : `${parent}, which refers to it`;
    const text = `${column} is ${listed(used)} of ${name} and references ${ring}`;
    const hint = "its value is known only when the rows of all these tables are settled: take another column";
    return used.length === 0 ? [] : [problemAt(yaml, ["columns", column], [text, hint])];
  });
}

/** A `relationships` test of the same column says the same, or it is not clear which holds. */
function testFaults({ column, reference }: ReferringColumn, parent: Table, { parsed }: TableFile): readonly Fault[] {
  const [key] = declaredKey(parent) ?? [];
  const tests = parsed.expect.flatMap(({ relationships }) => relationships ?? []);
  return tests
    .filter((test) => test.column === column.name && !agrees(test, `${parent.name}.${key}`, reference))
    .map(({ to }) => [
      `references ${parent.name}.${key}, else ${reference.rule.otherwise?.kind}; its test relationships says otherwise (to ${to})`,
      "let them say the same, or leave the test out: references implies it",
    ]);
}

type Test = NonNullable<ParsedExpectation["relationships"]>;

function agrees({ to, otherwise }: Test, key: string, { rule }: ReferringColumn["reference"]): boolean {
  const same = otherwise === undefined || JSON.stringify(settleOtherwise(otherwise)) === JSON.stringify(rule.otherwise);
  return to === key && same;
}
