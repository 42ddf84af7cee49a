import { expect, it } from "vitest";
import { settleSteps } from "../../../lib/mapping/steps.js";
import { layoutSteps } from "../../../lib/steps/step-layout.js";

it("each step sees the source's columns and what steps before it made, and none of Waybill's own", () => {
  const steps = settleSteps([
    { row: "steps/one.ts", adds: ["score"], replaces: ["name"] },
    { frame: "steps/two.ts", adds: ["rank"], replaces: ["name"] },
    { row: "steps/three.ts" },
  ]);

  const { columns, outStep, outReason, views } = layoutSteps(
    { steps },
    ["id", "name", "row_checksum"],
    ["row_checksum"],
  );

  const name = (at: number) => columns[at];
  expect(columns).toEqual([
    ...["id", "name", "row_checksum"],
    ...["score", "rank", "~step.name", "~step", "~step_reason"],
  ]);
  expect([outStep, outReason].map(name)).toEqual(["~step", "~step_reason"]);
  expect(views.map(({ sees }) => Object.fromEntries(sees.map(([seen, at]) => [seen, name(at)])))).toEqual([
    { id: "id", name: "name" },
    { id: "id", name: "~step.name", score: "score" },
    { id: "id", name: "~step.name", score: "score", rank: "rank" },
  ]);
  expect(views.map(({ makes }) => makes.map(([, at]) => name(at)))).toEqual([
    ["score", "~step.name"],
    ["rank", "~step.name"],
    [],
  ]);
});
