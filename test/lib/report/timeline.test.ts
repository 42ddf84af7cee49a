import { expect, it } from "vitest";
import type { LogEvent } from "../../../lib/files/log-file.js";
import { readTimeline } from "../../../lib/report/timeline.js";

async function* told(...events: readonly (LogEvent | undefined)[]): AsyncGenerator<LogEvent | undefined> {
  yield* events;
}

const at = (second: number): string => new Date(Date.UTC(2024, 0, 1, 8, 0, second)).toISOString();

it("each stage stands on the timeline with the latest time it was done, in the order in which they began", async () => {
  const { spans } = await readTimeline(
    told(
      { event: "transformed", table: "people", read: 7, written: 6, seconds: 2, time: at(5) },
      { event: "extracted", extract: "people", rows: 7, seconds: 1, time: at(2) },
      { event: "transformed", table: "people", read: 8, written: 7, seconds: 3, time: at(20) },
      { event: "up-to-date", table: "people", time: at(30) },
    ),
  );

  expect(spans).toEqual([
    { stage: "extract", subject: "people", startMs: Date.parse(at(1)), endMs: Date.parse(at(2)), rowCount: 7 },
    { stage: "transform", subject: "people", startMs: Date.parse(at(17)), endMs: Date.parse(at(20)), rowCount: 8 },
  ]);
});

it("units and replays, which stand beside the run, are not on its timeline", async () => {
  const { spans, failureCount } = await readTimeline(
    told(
      { event: "extracted", extract: "people", rows: 1, seconds: 1, time: at(2), unit: "people-7" },
      { event: "failed", program: "extract", code: 69, message: "gone", time: at(2), unit: "people-7" },
      { event: "replayed", table: "people", read: 1, seconds: 1, time: at(3) },
    ),
  );

  expect({ spans, failureCount }).toEqual({ spans: [], failureCount: 0 });
});

it("errors are told but for verdicts, the last twenty of them, and all are counted", async () => {
  const failed = (code: number, second: number): LogEvent => {
    return { event: "failed", program: "load", code, message: `no. ${second}`, time: at(second) };
  };
  const errors = Array.from({ length: 23 }, (_, second) => failed(69, second));

  const { failures, failureCount } = await readTimeline(told(failed(1, 50), ...errors));

  expect(failureCount).toBe(23);
  expect(failures.map(({ message }) => message)).toEqual(errors.slice(3).map(({ message }) => message));
});

it("lines that cannot be read, and events that lack what they should say, break nothing", async () => {
  const timeline = await readTimeline(
    told(undefined, { event: "extracted", extract: "people", time: "yesterday", seconds: 1 }, { event: "constructor" }),
  );

  expect(timeline).toEqual({ spans: [], failures: [], failureCount: 0, unreadableLines: 1 });
});
