import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { tellRow } from "../../lib/story/row-story.js";
import { finalValueName, type RowValues } from "../../lib/story/row-values.js";
import { loggedChanges } from "./logged-rules.js";
import { type MappedAgain, whyNot } from "./map-again.js";
import type { RowTrace, Witnesses } from "./row-trace.js";
import type { FoundRow } from "./search.js";

/** What the files say became of a row. */
interface Outcome {
  readonly disposition: RowTrace["disposition"];
  readonly rule: CsvValue;
  readonly reason: CsvValue;
  readonly row: RowTrace["row"];
}

type RulesStory = Pick<RowTrace, "rulesFrom" | "rulesWhy" | "made" | "columns" | "disagrees">;

/** What steps and rules made of a row: run again where these very rules and rows are there, else as the change log has it. */
export async function tellRules(
  { rules, connection }: Pick<Witnesses, "rules" | "connection">,
  found: FoundRow,
  outcome: Outcome,
): Promise<RulesStory> {
  const again = "why" in rules ? rules : await rules.map(found).catch((error: unknown) => ({ why: whyNot(error) }));
  if (again === undefined || "why" in again) {
    const columns = await loggedChanges(connection, found, outcome.row ?? {});
    const rulesWhy = again?.why ?? "it is in no part that was read";
    return { rulesFrom: "change log", rulesWhy, made: [], columns, disagrees: [] };
  }
  const values = withOutcome(again, found, outcome);
  const { made, columns } = tellRow(
    { plan: again.plan, path: "", values, losers: [] },
    { source: new Set<string>(), target: new Set<string>() },
  );
  return { rulesFrom: "rules", rulesWhy: null, made, columns, disagrees: disagreements(again, outcome) };
}

// What a row owes to others (its parents' keys, its duplicates) was settled then: it stands in the files.
function withOutcome({ plan, values }: MappedAgain, { line }: FoundRow, { rule, reason, row }: Outcome): RowValues {
  const final = plan.compiled.columns.flatMap(({ name }, index) =>
    row === null ? [] : [[finalValueName(index), row[name] ?? null] as const],
  );
  return new Map([
    ...values,
    ...final,
    ["disposition", line?.disposition ?? null],
    ["rule", rule],
    ["reason", reason],
    ["winner", null],
  ]);
}

function disagreements({ plan, values }: MappedAgain, { row }: Outcome): readonly string[] {
  if (row === null) return [];
  return plan.compiled.columns.flatMap(({ name, start }, index) => {
    // Flags and references depend on what was settled with other rows.
    const settled = start === undefined || plan.parents.some(({ column }) => column === index);
    const isSame = (values.get(finalValueName(index)) ?? null) === (row[name] ?? null);
    return settled || isSame ? [] : [name];
  });
}
