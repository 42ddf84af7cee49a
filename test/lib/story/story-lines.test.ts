import { expect, it } from "vitest";
import type { RowStory } from "../../../lib/story/row-story.js";
import { fateLines, ruleLines, storyLines } from "../../../lib/story/story-lines.js";

const story: RowStory = {
  table: "people",
  extract: "staff",
  part: "part-00000.csv.gz",
  key: "1",
  occurrence: "1",
  source: { id: "1", name: " Ada\n" },
  made: [{ step: "steps[0]", file: "steps/a.ts", values: {} }],
  columns: [
    { column: "id", says: "from id", because: null, start: "1", steps: [], value: "1" },
    {
      column: "name",
      says: "from name",
      because: "blanks are typing errors",
      start: " Ada\n",
      steps: [{ rule: "name.trim", says: "white space taken off", before: " Ada\n", after: "Ada", flagged: true }],
      value: "Ada",
    },
  ],
  disposition: "written",
  rule: null,
  reason: null,
  because: null,
  winner: null,
  losers: [{ extract: "payees", key: "9", occurrence: "2" }],
};

it("a row's story keeps one line for each value, step and rule, whatever the values hold", () => {
  expect(storyLines(story)).toEqual([
    'people: the row of staff with the key "1", occurrence 1, in part-00000.csv.gz',
    "It was read as:",
    '  id: "1"',
    '  name: " Ada\\n"',
    "steps[0] (steps/a.ts) lets it pass.",
    "Rules changed:",
    '  name: from name: " Ada\\n" — because blanks are typing errors',
    '    name.trim: white space taken off: "Ada" (the row is flagged)',
    "It is written.",
    'It won over its duplicate with the key "9", occurrence 2 of payees.',
    "As:",
    '  id: "1"',
    '  name: "Ada"',
  ]);
});

it("says that no rule changed a value rather than nothing", () => {
  expect(ruleLines(story.columns.slice(0, 1))).toEqual(["No rule changed a value."]);
});

it("names a winner's extract only where it is another one", () => {
  const lost = (extract: string) =>
    fateLines({
      ...story,
      disposition: "deduplicated",
      rule: "dedupe",
      winner: { extract, key: "2", occurrence: "1" },
    });

  expect(lost("staff")).toEqual(['It is a duplicate, and loses to the key "2", occurrence 1.']);
  expect(lost("payees")).toEqual(['It is a duplicate, and loses to the key "2", occurrence 1 of payees.']);
});
