import type { Manifest } from "../model/manifest.js";
import { ruleName } from "../model/names.js";
import { faultColumn, namesFaults } from "../model/resource.js";
import type { Extract, RejectRule, Table } from "./migration.js";
import type { Problem } from "./problems.js";
import { problemAt, type TableFile } from "./table-file.js";

/** The name of the rule that rejects rows with text that no file may hold; of a union's, each extract's own. */
const rule = "invalid_text";

/**
 * The table with a rule, before its own, that rejects the rows of which their extract says that a text was none
 * (`invalid_text: reject`): they are counted, listed and corrected as all rejected rows are.
 */
export function withInvalidText(table: Table, extracts: readonly Extract[]): Table {
  if (table.query !== undefined) return table;
  const own = table.extracts.filter((name) => rejectsInvalid(extracts, name));
  const rules = own.map(
    (extract): RejectRule => ({
      rule: ruleName(table.extracts.length === 1 ? rule : `${rule}[${extract}]`),
      extract: table.extracts.length === 1 ? undefined : extract,
      when: `"${faultColumn}" IS NOT NULL`,
      reason: "a text that is none: a NUL character, or bytes that are no UTF-8",
      reasonColumn: faultColumn,
      because: undefined,
    }),
  );
  return rules.length === 0 ? table : { ...table, rejects: [...rules, ...table.rejects] };
}

/** The table without that rule where the extract's files say nothing of it: rows that were corrected are sound. */
export function withKnownFaults(table: Table, extract: Manifest): Table {
  return namesFaults(extract)
    ? table
    : { ...table, rejects: table.rejects.filter(({ reasonColumn }) => reasonColumn === undefined) };
}

/** A query has no rows of an extract that could be rejected. */
export function checkInvalidText({ table, yaml }: TableFile, extracts: readonly Extract[]): readonly Problem[] {
  return (table.query?.reads ?? [])
    .filter((name) => rejectsInvalid(extracts, name))
    .map((name) =>
      problemAt(
        yaml,
        ["query"],
        [
          `query reads ${JSON.stringify(name)}, whose rows are to be rejected for invalid text, and a query rejects none`,
          `write strip, replace or bytes as invalid_text of ${name}`,
        ],
      ),
    );
}

function rejectsInvalid(extracts: readonly Extract[], name: string): boolean {
  return extracts.some((one) => one.name === name && one.invalidText === "reject");
}
