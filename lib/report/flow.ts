import type { Manifest } from "../model/manifest.js";
import type { CountLine, FlowStep } from "./facts.js";
import type { ValidatedTable } from "./validation.js";

/** What the stages of a table have stated so far; `validated` counts its replays in. */
export interface Stated {
  readonly extracts: readonly Manifest[];
  readonly transform: Manifest | undefined;
  readonly load: Manifest | undefined;
  readonly validated: ValidatedTable | undefined;
}

type Counts = Readonly<Record<string, number>>;

/** Every count a table may have, in the order its rows pass them, and whether rows leave there. */
const steps: readonly (readonly [name: string, kind: FlowStep["kind"]])[] = [
  ["read", "stands"],
  ["filtered", "leaves"],
  ["rejected", "leaves"],
  ["deduplicated", "leaves"],
  ["written", "stands"],
  ["quarantined", "leaves"],
  ["leftAlone", "leaves"],
  ["loaded", "stands"],
  ["target", "stands"],
];

/** The steps of a table's rows from source to target as far as they are known; of those that keep all rows, the usual ones. */
export function flowOf(counts: Counts): readonly FlowStep[] {
  const usual = ["filtered", "rejected", "deduplicated", "quarantined"];
  return steps.flatMap(([name, kind]) => {
    const rowCount = counts[name];
    if (rowCount === undefined || (rowCount === 0 && kind === "leaves" && !usual.includes(name))) return [];
    return [{ name, kind, rowCount }];
  });
}

/** The counts of a table: validate's where it has spoken, else those of the stages that have finished. */
export function tableCounts({ extracts, transform, load, validated }: Stated): Counts {
  if (validated !== undefined) return { ...leftOut(extracts), ...numbersIn(validated.reconciliation) };
  const read =
    extracts.length === 0 ? {} : { snapshot: sum(extracts.map(({ _waybill }) => _waybill.counts.read ?? 0)) };
  // `written` of a load is transform's own number, `before` no row of this run.
  const { before: _, ...loaded } = load?._waybill.counts ?? {};
  return { ...leftOut(extracts), ...read, ...transform?._waybill.counts, ...loaded };
}

/** The lines of the reconciliation of a table: itself, and what it is the sum of where that is more than one thing. */
export function countLines(table: string, stated: Stated): readonly CountLine[] {
  const whole: CountLine = { name: table, kind: "table", counts: tableCounts(stated) };
  const { extracts = [], queried = [], base, replays = [] } = stated.validated?.reconciliation ?? {};
  const shares = [
    ...(extracts.length > 1 ? extracts.map((one) => ({ name: `from ${one.extract}`, one })) : []),
    ...queried.map((one) => ({ name: `query reads ${one.extract}`, one })),
    ...(base === undefined ? [] : [{ name: "the run alone", one: base }]),
    ...replays.map((one) => ({ name: `replay ${one.name}`, one })),
  ];
  return [whole, ...shares.map(({ name, one }): CountLine => ({ name, kind: "share", counts: numbersIn(one) }))];
}

function leftOut(extracts: readonly Manifest[]): Counts {
  const rows = sum(extracts.map(({ _waybill }) => Number(_waybill.details.leftOutByWhere ?? 0)));
  return rows === 0 ? {} : { leftOutByWhere: rows };
}

function numbersIn(value: Readonly<Record<string, unknown>>): Counts {
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
