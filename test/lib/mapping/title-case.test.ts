import { expect, it } from "vitest";
import { titleCase } from "../../../lib/mapping/title-case.js";

it.each([
  ["jean-luc PICARD", "Jean-Luc Picard"],
  ["o'brien", "O'Brien"],
  ["D’ANGELO", "D’Angelo"],
  ["don't", "Don't"],
  ["anna's I'm", "Anna's I'm"],
  ["rock'n'roll", "Rock'n'roll"],
  ["ludwig van der rohe", "Ludwig Van Der Rohe"],
  ["mcDonald", "Mcdonald"],
  ["ΣΟΦΟΣ σ", "Σοφο\u03c2 Σ"],
  ["ИВАН ПЕТРОВ", "Иван Петров"],
  ["ǆemal", "ǅemal"],
  ["ßen", "Ssen"],
  ["გიორგი", "გიორგი"],
  ["İSTANBUL", "İstanbul".normalize("NFD")],
  ["E\u0301MILE zoe\u0301", "E\u0301mile Zoe\u0301"],
  ["3RD 1e3 1E3 00501", "3rd 1e3 1e3 00501"],
  ["a_b/c.d(e)", "A_B/C.D(E)"],
  ["'twas 'a' b'", "'Twas 'A' B'"],
  ["😀ab 日本語", "😀Ab 日本語"],
  ["\ufeffabc", "\ufeffAbc"],
  ["", ""],
])("title case of %j is %j", (text, expected) => {
  expect(titleCase(text)).toBe(expected);
});

it("title case of title case changes nothing more", () => {
  const texts = ["jean-luc o'brien", "ΑΣ ΣΑΣ", "d'ARTAGNAN's", "ﬁn ßa", "ǆ ǲ ᾳ"];

  for (const text of texts) expect(titleCase(titleCase(text))).toBe(titleCase(text));
});
