import type { Json } from "./hash.js";

// Ids are compared source by source: two databases of one server may call different states by the same id, and states
// of two sources are never the same one.

/** Snapshots without repetitions, in the order they came. */
export function distinctSnapshots(snapshots: readonly Json[]): readonly Json[] {
  const known = new Map(snapshots.map((one) => [JSON.stringify([sourceOf(one) ?? null, member(one, "id")]), one]));
  return [...known.values()];
}

/** A source that was read in more than one snapshot. */
export interface Mixture {
  /** undefined: the only one, which has no name. */
  readonly source: string | undefined;
  readonly count: number;
}

/** The first source of which there is more than one snapshot; one of each of several sources is no mixture. */
export function mixtureOf(snapshots: readonly Json[]): Mixture | undefined {
  const counts = new Map<string | undefined, number>();
  for (const one of distinctSnapshots(snapshots)) counts.set(sourceOf(one), (counts.get(sourceOf(one)) ?? 0) + 1);
  const mixed = [...counts].find(([, count]) => count > 1);
  return mixed === undefined ? undefined : { source: mixed[0], count: mixed[1] };
}

/** Whether everything is of one moment: one state of one source. */
export function isOneMoment(snapshots: readonly Json[]): boolean {
  return distinctSnapshots(snapshots).length < 2;
}

function sourceOf(snapshot: Json): string | undefined {
  return member(snapshot, "source");
}

function member(snapshot: Json, name: string): string | undefined {
  const value = (snapshot as Readonly<Record<string, Json | undefined>> | null)?.[name];
  return typeof value === "string" ? value : undefined;
}
