import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const replaced = async (options: string, ...values: readonly (string | null)[]) =>
  (await runColumn(`{ from: x, replace: ${options} }`, values)).map((row) => row.values[0]);

it("find replaces every occurrence as it stands: no character of it means another", async () => {
  expect(await replaced("{ find: '.', with: '' }", "1.234.567", "abc", "", null)).toEqual(["1234567", "abc", "", null]);
  expect(await replaced("{ find: '\\d', with: '\\1' }", "a\\d5")).toEqual(["a\\15"]);
  expect(await replaced("{ find: \"'\", with: '\"' }", "O'Brien")).toEqual(['O"Brien']);
  expect(await replaced("{ find: a, with: aa }", "aaa")).toEqual(["aaaaaa"]);
});

it("pattern replaces every match, and puts groups in", async () => {
  expect(await replaced("{ pattern: '(\\d+)/(\\d+)', with: '\\2-\\1' }", "1/2 3/4", "x")).toEqual(["2-1 4-3", "x"]);
  expect(await replaced("{ pattern: '[aeiouáé]', with: '<\\0>' }", "José é")).toEqual(["J<o>s<é> <é>"]);
  expect(await replaced("{ pattern: 'b', with: '\\\\' }", "abc")).toEqual(["a\\c"]);
});

it("a pattern means what RE2 says: . is one character, no line end; ^ and $ are the ends; (?i), (?s), (?m) change that", async () => {
  const lines = "a\nb";
  expect(await replaced("{ pattern: '.', with: x }", "é😀\n")).toEqual(["xx\n"]);
  expect(await replaced("{ pattern: '^[ab]$', with: x }", lines)).toEqual([lines]);
  expect(await replaced("{ pattern: '(?m)^[ab]$', with: x }", lines)).toEqual(["x\nx"]);
  expect(await replaced("{ pattern: '(?s)a.b', with: x }", lines)).toEqual(["x"]);
  expect(await replaced("{ pattern: '(?i)É', with: x }", "éÉ")).toEqual(["xx"]);
});

it("several replacements run one after another, each on what the one before left", async () => {
  const options = "[{ find: a, with: b }, { find: b, with: c }, { pattern: 'c+$', with: '' }]";

  expect(await replaced(options, "abxab")).toEqual(["ccx"]);
});

it("a pattern that takes other engines for ever takes RE2 no time", async () => {
  const [start, million] = [process.cpuUsage(), "a".repeat(1_000_000)];

  const values = await replaced("{ pattern: '(a+)+$', with: x }", `${million}b`, million);

  const { user, system } = process.cpuUsage(start);
  expect(values).toEqual([`${million}b`, "x"]);
  expect((user + system) / 1e6).toBeLessThan(10);
});

it.each([
  ["{ with: a }", ": neither find nor pattern"],
  ["{ find: a, pattern: b, with: c }", ": both find and pattern"],
  ["{ find: '', with: c }", ".find: empty"],
  ["{ find: a }", ': "with" is missing'],
  ["{ find: a, with: ~ }", ".with: expected text, found nothing"],
  ["{ pattern: '', with: c }", ".pattern: empty"],
  ["{ pattern: 'a(?=b)', with: c }", '.pattern: pattern "a(?=b)" looks around'],
  ["{ pattern: '(?<!a)b', with: c }", '.pattern: pattern "(?<!a)b" looks around'],
  ["{ pattern: '(a)\\1', with: c }", '.pattern: pattern "(a)\\\\1" refers back to a group'],
  ["{ pattern: '(?>a)', with: c }", '.pattern: pattern "(?>a)" is possessive'],
  ["{ pattern: 'a++', with: c }", '.pattern: pattern "a++" is possessive'],
  ["{ pattern: '\\C', with: c }", '.pattern: pattern "\\\\C" cuts characters into bytes (\\C)'],
  ["{ pattern: '(a)b', with: '\\2' }", ": with takes group 2, and the pattern has 1"],
  ["{ pattern: '(?:a)\\(b[(]\\Q(\\E', with: '\\1' }", ": with takes group 1, and the pattern has 0"],
  ["{ pattern: a, with: '\\n' }", ': with holds "\\\\n", which stands for nothing'],
  ["{ pattern: a, with: 'b\\' }", ': with holds "\\\\", which stands for nothing'],
])("replace refuses %s with its line", (options, text) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, replace: ${options} }`) });

  expect(lines).toEqual([`people.yaml:3: columns.v.replace[0]${text}`]);
});

it("what only looks like another engine's syntax is let through", async () => {
  expect(await replaced("{ pattern: '[*+]+', with: x }", "a*+b")).toEqual(["axb"]);
  expect(await replaced("{ pattern: '\\(\\?=', with: x }", "a(?=b")).toEqual(["axb"]);
  expect(await replaced("{ pattern: '\\\\1', with: x }", "a\\1")).toEqual(["ax"]);
  expect(await replaced("{ pattern: '[](]', with: x }", "](")).toEqual(["xx"]);
  expect(await replaced("{ pattern: '(?P<first>a)(b)', with: '\\2\\1' }", "ab")).toEqual(["ba"]);
});
