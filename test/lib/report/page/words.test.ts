import { expect, it } from "vitest";
import { duration, figure, moment, value } from "../../../../lib/report/page/words.js";

const shown = (text: string | null): string =>
  value({ kind: "value", text })
    .markup.replace(/<[^>]*>/g, "|")
    .replace(/\|+/g, "|");

it("NULL, the empty text and blanks can be told apart", () => {
  expect(shown(null)).toBe("|NULL|");
  expect(shown("")).toBe("|empty text|");
  expect(shown("NULL")).toBe("|NULL|");
  expect(value({ kind: "value", text: null }).markup).not.toBe(value({ kind: "value", text: "NULL" }).markup);
  expect(shown("a ")).toBe("|a |");
});

it("in values of the data a joiner shows too, since it may be the whole difference", () => {
  expect(shown("a\u200cb")).toBe("|a⟨U+200C⟩b|");
});

it("a long value is cut between letters, and how much is left out is said", () => {
  expect(shown("😀".repeat(1_301))).toBe(`|${"😀".repeat(300)}| |… and 1,001 more characters|`);
});

it("durations are told in the units somebody thinks in", () => {
  expect([0.066, 9.994, 12.34, 59.94, 59.96, 185.4, 3_600, 7_500].map(duration)).toEqual([
    "0.07 s",
    "9.99 s",
    "12.3 s",
    "59.9 s",
    "1 min 00 s",
    "3 min 05 s",
    "1 h 00 min",
    "2 h 05 min",
  ]);
});

it("a moment is in UTC, and one that cannot be read is not known", () => {
  expect(moment(Date.UTC(2024, 1, 29, 23, 59, 58, 999))).toBe("2024-02-29 23:59:58");
  expect(moment(Number.NaN)).toBe("not known");
});

it("whole numbers have commas, words and fractions stand as they are", () => {
  expect([1_244_096, 0.5, -3, "19939 equal"].map(figure)).toEqual(["1,244,096", "0.5", "-3", "19939 equal"]);
});
