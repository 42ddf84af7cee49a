import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("upper writes capitals, whatever the alphabet; of ß come SS, as Unicode has it", async () => {
  const rows = await runColumn("{ from: x, upper: true }", [
    "o’brien, žižek-ñandú",
    "straße",
    "ωμέγα",
    "анна",
    "e\u0301",
  ]);

  expect(rows.map(({ values }) => values[0])).toEqual(["O’BRIEN, ŽIŽEK-ÑANDÚ", "STRASSE", "ΩΜΈΓΑ", "АННА", "E\u0301"]);
});

it("lower writes small letters, one for one", async () => {
  const rows = await runColumn("{ from: x, lower: true }", ["O’BRIEN, ŽIŽEK", "ΩΜΈΓΑΣ", "АННА", "I", "E\u0301"]);

  expect(rows.map(({ values }) => values[0])).toEqual(["o’brien, žižek", "ωμέγασ", "анна", "i", "e\u0301"]);
});

it("upper and lower agree with JavaScript on every letter of Latin, Greek and Cyrillic that is one for one", async () => {
  const letters = Array.from({ length: 0x52f - 0x20 }, (_, index) => String.fromCodePoint(0x20 + index))
    .filter((letter) => /\p{L}/u.test(letter))
    .filter((letter) => [...letter.toUpperCase(), ...letter.toLowerCase()].length === 2)
    .filter((letter) => !newerThanTheEngine.has(letter));

  const upper = await runColumn("{ from: x, upper: true }", letters);
  const lower = await runColumn("{ from: x, lower: true }", letters);

  expect(letters.length).toBeGreaterThan(900);
  expect(upper.map(({ values }) => values[0])).toEqual(letters.map((letter) => letter.toUpperCase()));
  expect(lower.map(({ values }) => values[0])).toEqual(letters.map((letter) => letter.toLowerCase()));
});

/** Letters that Unicode 16 gave capitals. */
const newerThanTheEngine: ReadonlySet<string> = new Set(["\u019b", "\u0264"]);
