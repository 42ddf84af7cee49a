import { expect, it } from "vitest";
import type { Span } from "../../../../lib/report/facts.js";
import { timeScale } from "../../../../lib/report/page/timeline-scale.js";

const span = (startMs: number, endMs: number): Span => {
  return { stage: "load", subject: "people", startMs, endMs, rowCount: 0 };
};

it("work stands in proportion to the time it took, stages side by side too", () => {
  const scale = timeScale([span(0, 60), span(20, 40), span(60, 100)]);

  expect([0, 20, 40, 60, 100].map(scale.at)).toEqual([0, 20, 40, 60, 100]);
  expect(scale.gaps).toEqual([]);
});

it("a pause longer than half of all work is drawn as a twentieth of it, a short one as it was", () => {
  const scale = timeScale([span(0, 50), span(70, 100), span(1_000_000, 1_000_020)]);

  expect(scale.gaps).toEqual([{ fromMs: 100, toMs: 1_000_000 }]);
  // 100 of work, 20 of a short pause, 5 for the long one.
  expect([0, 50, 70, 100, 1_000_000, 1_000_020].map(scale.at)).toEqual([0, 40, 56, 80, 84, 100]);
});

it("a stage that took no time has its place", () => {
  expect(timeScale([span(5, 5)]).at(5)).toBe(0);
});
