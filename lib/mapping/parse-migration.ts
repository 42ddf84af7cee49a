import { checkLookups } from "./check-lookups.js";
import { checkReferences } from "./check-references.js";
import { checkReferring, checkRing } from "./check-referring.js";
import { checkSteps } from "./check-steps.js";
import { checkInvalidText, withInvalidText } from "./invalid-text.js";
import type { Migration, SpecificationFile } from "./migration.js";
import { migrationSchema, type ParsedMigration } from "./migration-schema.js";
import { assertNoProblems, type Problem } from "./problems.js";
import { withQueryReads } from "./query.js";
import { withReferredKeys } from "./referred-keys.js";
import { parseWith } from "./schema-problems.js";
import { settleMigration } from "./settle-migration.js";
import { withReferences } from "./settle-references.js";
import { settleTable } from "./settle-table.js";
import { problemAt, type TableFile } from "./table-file.js";
import { orderTables } from "./table-order.js";
import { tableSchema } from "./table-schema.js";
import { withTargetTypes } from "./target-types.js";
import { parseYaml } from "./yaml-file.js";

/**
 * Reads a migration from the files of its folder, and checks everything that can be checked without a database.
 * Throws one "specification" error (exit 78) listing what is wrong: file, line, the word and the nearest right one.
 */
export function parseMigration(files: readonly SpecificationFile[]): Migration {
  const head = parseHead(files);
  const read = files.filter(({ path }) => isTableFile(path)).map(parseTableFile);
  const tableFiles = read.flatMap(({ file }) => file ?? []);
  const problems = [...head.problems, ...read.flatMap(({ problems }) => problems)];
  // A name may be unknown only because its own file could not be read: references are checked in whole specifications.
  if (problems.length > 0 || head.value === undefined) throw assertNoProblems(problems);

  const settled = settleMigration(head.value);
  const tables = tableFiles.map((file) => ({
    ...file,
    table: withInvalidText(withQueryReads(file.table, settled.extracts), settled.extracts),
  }));
  const known = { extracts: settled.extracts, tables: tables.map(({ table }) => table) };
  const typed = withTargetTypes(known.tables, files);
  assertNoProblems([
    ...(tables.length === 0 ? [noTables] : []),
    ...duplicateTables(tables),
    ...tables.flatMap((file) => checkReferences(file, known)),
    ...tables.flatMap((file) => checkInvalidText(file, settled.extracts)),
    ...tables.flatMap((file) => checkReferring(file, { ...known, tables: withReferredKeys(known.tables) })),
    ...checkLookups(known.tables, files),
    ...typed.problems,
    ...checkSteps(known.tables, files),
  ]);
  const ordered = orderTables(withReferences(withReferredKeys(typed.tables)));
  assertNoProblems(tables.flatMap((file) => checkRing(file, ordered)));
  return { ...settled, tables: ordered, files };
}

const headFile = "migration.yaml";

const isTableFile = (path: string): boolean => /^[^/]+\.ya?ml$/.test(path) && path !== headFile;

const noTables: Problem = {
  file: headFile,
  line: 1,
  text: "the migration has no table",
  hint: "add a YAML file for each target table beside migration.yaml",
};

function parseHead(files: readonly SpecificationFile[]): {
  readonly value: ParsedMigration | undefined;
  readonly problems: readonly Problem[];
} {
  const file = files.find(({ path }) => path === headFile);
  if (file === undefined) {
    const problem = { file: headFile, line: undefined, text: "the file is not there", hint: `write ${headFile}` };
    return { value: undefined, problems: [problem] };
  }
  const yaml = parseYaml(file);
  return yaml.problems.length > 0 ? { value: undefined, problems: yaml.problems } : parseWith(migrationSchema, yaml);
}

function parseTableFile(file: SpecificationFile): { readonly file?: TableFile; readonly problems: readonly Problem[] } {
  const yaml = parseYaml(file);
  if (yaml.problems.length > 0) return { problems: yaml.problems };
  const { value, problems } = parseWith(tableSchema, yaml);
  return value === undefined
    ? { problems }
    : { file: { yaml, parsed: value, table: settleTable(value, yaml) }, problems };
}

function duplicateTables(files: readonly TableFile[]): readonly Problem[] {
  return files.flatMap(({ table, yaml }, index) => {
    const first = files.slice(0, index).find((other) => other.table.name === table.name);
    if (first === undefined) return [];
    const text = `table ${JSON.stringify(table.name)} stands in ${first.table.file} already`;
    return [problemAt(yaml, ["table"], [text, "one file for each target table"])];
  });
}
