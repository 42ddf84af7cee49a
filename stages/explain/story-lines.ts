import { spoken } from "../../lib/mapping/words.js";
import type { OtherRow, RowStory, StoryColumn, StoryMade } from "./row-story.js";

/** A row's way as somebody reads it, from what was read to what is written. */
export function storyLines(story: RowStory): readonly string[] {
  const { table, extract, part, key, occurrence } = story;
  return [
    `${table}: the row of ${extract} with the key ${spoken(key)}, occurrence ${occurrence}, in ${part}`,
    "It was read as:",
    ...Object.entries(story.source).map(([name, value]) => `  ${name}: ${spoken(value)}`),
    ...story.made.flatMap(stepLines),
    ...ruleLines(story),
    ...fateLines(story),
    ...story.losers.map((loser) => `It won over its duplicate with ${otherRow(story, loser)}.`),
    ...(story.disposition === "written" ? writtenLines(story) : []),
  ];
}

function stepLines({ step, file, values }: StoryMade): readonly string[] {
  const made = Object.entries(values).map(([name, value]) => `  ${name} is ${spoken(value)}`);
  return made.length === 0 ? [`${step} (${file}) lets it pass.`] : [`${step} (${file}) makes:`, ...made];
}

function ruleLines({ columns }: RowStory): readonly string[] {
  const lines = columns.flatMap((column) => (column.steps.length > 0 || column.isMoved ? columnLines(column) : []));
  return lines.length === 0 ? ["No rule changed a value."] : ["Rules changed:", ...lines];
}

function columnLines(column: StoryColumn): readonly string[] {
  const { steps, value, says, start, isMoved } = column;
  return [
    `  ${column.column}: ${says}: ${spoken(start)}`,
    ...steps.map(
      ({ rule, after, flagged, ...step }) =>
        `    ${rule}: ${step.says}: ${spoken(after)}${flagged ? " (the row is flagged)" : ""}`,
    ),
    ...(isMoved ? [`    its parent was merged into another, or is not there: ${spoken(value)}`] : []),
  ];
}

function otherRow({ extract: own }: RowStory, { extract, key, occurrence }: OtherRow): string {
  return `the key ${spoken(key)}, occurrence ${occurrence}${extract === own ? "" : ` of ${extract}`}`;
}

function fateLines(story: RowStory): readonly string[] {
  const { disposition, rule, reason, because, winner } = story;
  const why = because === null ? "" : ` — because ${because}`;
  switch (disposition) {
    case "written":
      return ["It is written."];
    case "filtered":
      return [`It is left out by ${rule}${why}.`];
    case "rejected":
      return [`It is rejected by ${rule}: ${reason}${why}.`];
    case "deduplicated":
      return [`It is a duplicate, and loses to ${winner === null ? "another" : otherRow(story, winner)}${why}.`];
    default:
      return disposition satisfies never;
  }
}

function writtenLines({ columns }: RowStory): readonly string[] {
  return ["As:", ...columns.map(({ column, value }) => `  ${column}: ${spoken(value)}`)];
}
