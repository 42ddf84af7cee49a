import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ProgramDescription, parseArguments, stageOptions, stageOptionsOf } from "../../../lib/program/options.js";

const program: ProgramDescription = {
  name: "extract",
  summary: "Reads.",
  arguments: "[extracts…]",
  options: stageOptions,
};

async function parse(...argv: readonly string[]) {
  const raw = await parseArguments(program, argv);
  if ("print" in raw) throw new Error("help was printed");
  return stageOptionsOf(raw);
}

describe("arguments", () => {
  it("stay the text that was typed: no number, no list, no dotted name is made of them", async () => {
    const options = await parse("1e3", "0x10", "007", "--key", "00501", "--work", "a.b/c", "-m", "1.0");

    expect(options).toMatchObject({ names: ["1e3", "0x10", "007"], key: "00501", work: "a.b/c", migration: "1.0" });
  });

  it("after -- are names, whatever they look like", async () => {
    expect((await parse("--force", "--", "--key", "-x")).names).toEqual(["--key", "-x"]);
  });

  it("count by the last of two equal ones", async () => {
    expect((await parse("--jobs", "2", "--jobs", "3")).jobs).toBe(3);
  });

  it("name a source each, as often as there are sources", async () => {
    const { sources, names } = await parse(
      "--source",
      "registry=pg://h/r?a=b",
      "--source=old-finance=pg://h/f",
      "people",
    );

    expect(sources).toEqual([
      { name: "registry", url: "pg://h/r?a=b" },
      { name: "old-finance", url: "pg://h/f" },
    ]);
    expect(names).toEqual(["people"]);
  });

  it("take any value for a key", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (key) => {
        expect((await parse(`--key=${key}`)).key).toBe(key);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    [["--froce"], "did you mean --force?"],
    [["--no-force"], "--no-force"],
    [["--jobs", "1.5"], 'not "1.5"'],
    [["--key"], "key"],
    [["--key", "1", "--sample", "2"], "exclude each other"],
  ])("are refused when they are wrong: %j", async (argv, words) => {
    await expect(parse(...argv)).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining(words) });
  });

  it.each([
    "postgresql://u:secret@h/d",
    "POSTGRES://:secret@h/d",
    "mysql://u:secret@h/d",
    "postgresql://h/d?sslmode=require&password=secret",
    "registry=postgresql://u:secret@h/d",
    "no name=postgresql://u:secret@h/d",
  ])("are refused when they hold a password: %s", async (url) => {
    const refused = await parse("--source", url).catch((error: unknown) => error);

    expect(refused).toMatchObject({ kind: "usage" });
    expect(JSON.stringify(refused) + String(refused)).not.toContain("secret");
  });

  it.each(["postgresql://u@h:5432/d", "postgresql:///d?host=/run/pg", "postgresql://h/d?application_name=a:b@c"])(
    "may hold a URL without a password: %s",
    async (url) => {
      expect((await parse("--source", url)).sources).toEqual([{ name: undefined, url }]);
    },
  );
});

it("a program that takes no names refuses them", async () => {
  const { arguments: _, ...nameless } = program;

  await expect(parseArguments(nameless, ["surplus"])).rejects.toMatchObject({
    message: 'unexpected argument "surplus"',
  });
});
