// Parts that arrive beside a table, whichever database it is: what decides whether a load goes on where an earlier run
// stopped, begins anew, or is refused.
import { StageError } from "../model/errors.js";
import type { LoadLine, LoadMode, LoadWay, PartToLoad } from "./target-port.js";

/** How a generation arrives. */
export interface Opening {
  readonly mode: LoadMode;
  readonly way: LoadWay;
  /** Tells what the staging table was made after: parts that arrived in another shape are of no use. */
  readonly shape: string;
}

/** Parts that are to arrive. */
export interface ArrivingParts extends Opening {
  /** The table as the specification writes it, for messages. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly parts: readonly PartToLoad[];
  readonly jobs: number;
}

/** The key under which the lines of a generation stand while its parts arrive. */
export function arrivingKey<Key extends { readonly generation: string }>(key: Key): Key {
  return { ...key, generation: `arriving:${key.generation}` };
}

/** What a database does, step by step. */
export interface Arriving {
  /** Goes on with what is there, or with `anew` in any case makes the staging table and opens the generation. */
  begin(anew: boolean): Promise<void>;
  /** Brings the parts that are not there yet. */
  arrive(): Promise<void>;
  countStaged(): Promise<number>;
  /** The staging table, for messages. */
  readonly kept: string;
}

/** Brings all parts into the staging table, and says how many rows it holds then: as many as the parts, or this throws. */
export async function arriveWhole({ table, parts }: ArrivingParts, arriving: Arriving): Promise<number> {
  const promised = parts.reduce((sum, part) => sum + part.rowCount, 0);
  let found = 0;
  for (const anew of [false, true]) {
    await arriving.begin(anew);
    await arriving.arrive();
    found = await arriving.countStaged();
    // Anything else, and somebody has emptied or filled the staging table behind our back.
    if (found === promised) return promised;
  }
  throw new StageError(
    "integrity",
    `${table}: ${promised} rows arrived in ${arriving.kept}, and it holds ${found}`,
    "somebody else writes there: stop that, then run the same command again",
  );
}

/** Whether a generation was opened as it would be opened now. */
export function goesOn(opening: Opening | undefined, { mode, way, shape }: Opening): boolean {
  return opening?.mode === mode && opening.way === way && opening.shape === shape;
}

/** Whether all lines are of parts that are to arrive. Throws "integrity" where one names another content. */
export function linesFit(lines: readonly LoadLine[], { parts, table }: ArrivingParts): boolean {
  for (const line of lines) {
    const part = parts.find(({ name }) => name === line.part);
    if (part !== undefined && part.hash !== line.hash) throw otherContent(table, line);
    // Rows may have been put aside since, or no longer are.
    if (part?.rowCount !== line.rowCount) return false;
  }
  return true;
}

function otherContent(table: string, { part, rowCount }: LoadLine): StageError {
  return new StageError(
    "integrity",
    `${table}: ${part} has arrived in the target with other content, ${rowCount} rows; nothing was written`,
    `run transform again, so that its output gets a name of its own: waybill transform ${table} --force`,
  );
}

/** The parts of which there is no line. */
export function missingParts(lines: readonly LoadLine[], { parts }: ArrivingParts): readonly PartToLoad[] {
  const there = new Set(lines.map(({ part }) => part));
  return parts.filter(({ name }) => !there.has(name));
}
