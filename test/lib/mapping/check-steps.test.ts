import { expect, it } from "vitest";
import { complaints } from "./specification-fixture.js";

const wrong: readonly (readonly [string, string, string])[] = [
  [
    "both row and frame",
    "{ row: steps/step.ts, frame: steps/step.ts }",
    "people.yaml:3: steps[0]: a step is either row or frame",
  ],
  [
    "a file that is not there",
    "{ row: steps/stop.ts }",
    `people.yaml:3: steps[0]: "steps/stop.ts" is not there; did you mean "steps/step.ts"`,
  ],
  ["a column twice", "{ row: steps/step.ts, adds: [a, A] }", `column "A" is made twice`],
  ["a reserved column", "{ row: steps/step.ts, adds: _row }", `column "_row" is reserved`],
];

it.each(wrong)("a mapping whose step names %s is refused with file and line", (_, step, text) => {
  const people = `table: people\nsteps:\n  - ${step}\ncolumns: all\n`;

  const { lines } = complaints({ "people.yaml": people, "steps/step.ts": "" });

  expect(lines.join("\n")).toContain(text);
});
