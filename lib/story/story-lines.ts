import { spoken } from "../mapping/words.js";
import type { OtherRow, RowStory, StoryColumn, StoryMade } from "./row-story.js";

/** A row's way as somebody reads it, from what was read to what is written. */
export function storyLines(story: RowStory): readonly string[] {
  const { table, extract, part, key, occurrence, columns } = story;
  return [
    `${table}: the row of ${extract} with the key ${spoken(key)}, occurrence ${occurrence}, in ${part}`,
    "It was read as:",
    ...valueLines(story.source),
    ...madeLines(story.made),
    ...ruleLines(columns),
    ...fateLines(story),
    ...loserLines(story),
    ...(story.disposition === "written" ? ["As:", ...valueLines(finalValues(columns))] : []),
  ];
}

/** Values by their names, one a line. */
export function valueLines(values: Readonly<Record<string, string | null>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `  ${name}: ${spoken(value)}`);
}

/** What custom steps made of a row. */
export function madeLines(made: readonly StoryMade[]): readonly string[] {
  return made.flatMap(({ step, file, values }) => {
    const lines = Object.entries(values).map(([name, value]) => `  ${name} is ${spoken(value)}`);
    return lines.length === 0 ? [`${step} (${file}) lets it pass.`] : [`${step} (${file}) makes:`, ...lines];
  });
}

/** What rules made of a row, column by column. */
export function ruleLines(columns: readonly StoryColumn[]): readonly string[] {
  const lines = columns.flatMap((column) => (column.steps.length > 0 ? columnLines(column) : []));
  return lines.length === 0 ? ["No rule changed a value."] : ["Rules changed:", ...lines];
}

/** What the columns of a row are in the end. */
export function finalValues(columns: readonly StoryColumn[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(columns.map(({ column, value }) => [column, value]));
}

function columnLines({ column, steps, says, start, because }: StoryColumn): readonly string[] {
  return [
    `  ${column}: ${says}: ${spoken(start)}${because === null ? "" : ` — because ${because}`}`,
    ...steps.map(
      ({ rule, after, flagged, ...step }) =>
        `    ${rule}: ${step.says}: ${spoken(after)}${flagged ? " (the row is flagged)" : ""}`,
    ),
  ];
}

function otherRow(own: string, { extract, key, occurrence }: OtherRow): string {
  return `the key ${spoken(key)}, occurrence ${occurrence}${extract === own ? "" : ` of ${extract}`}`;
}

/** What decided whether a row is written. */
export type Fate = Pick<RowStory, "extract" | "disposition" | "rule" | "reason" | "because" | "winner" | "losers">;

/** Where a row goes, and why. */
export function fateLines({ extract, disposition, rule, reason, because, winner }: Fate): readonly string[] {
  const why = because === null ? "" : ` — because ${because}`;
  switch (disposition) {
    case "written":
      return ["It is written."];
    case "filtered":
      return [`It is left out by ${rule}${why}.`];
    case "rejected":
      return [`It is rejected by ${rule}: ${reason}${why}.`];
    case "deduplicated":
      return [`It is a duplicate, and loses to ${winner === null ? "another" : otherRow(extract, winner)}${why}.`];
    default:
      return disposition satisfies never;
  }
}

/** Which duplicates a row was preferred to. */
export function loserLines({ extract, losers }: Pick<Fate, "extract" | "losers">): readonly string[] {
  return losers.map((loser) => `It won over its duplicate with ${otherRow(extract, loser)}.`);
}
