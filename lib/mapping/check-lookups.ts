import { z } from "zod";
import { didYouMean } from "../model/nearest.js";
import { type Lookup, readLookup } from "./lookup-file.js";
import type { SpecificationFile, Table } from "./migration.js";
import type { Place, Problem } from "./problems.js";
import { lookup as lookupRule } from "./rules/lookup.js";

const options = z.object({ file: z.string(), key: z.string(), value: z.string() });

/** Every lookup names a file that is there and columns that it has, and no key of it is blank or stands twice. */
export function checkLookups(tables: readonly Table[], files: readonly SpecificationFile[]): readonly Problem[] {
  const uses = tables.flatMap(usesOf);
  const read = new Map<string, ReturnType<typeof readLookup>>();
  for (const { path, content } of files) {
    if (uses.some(({ file }) => file === path)) read.set(path, readLookup({ path, content }));
  }
  const broken = [...read.values()].flatMap(({ problems }) => problems);
  const keys = new Map(uses.map((use) => [JSON.stringify([use.file, use.key]), use]));
  return [
    ...broken,
    ...uses.flatMap((use) => useProblems(use, read.get(use.file)?.lookup, files)),
    ...[...keys.values()].flatMap(({ file, key }) => keyProblems(file, key, read.get(file)?.lookup)),
  ];
}

interface LookupUse extends z.output<typeof options> {
  readonly place: Place;
}

function usesOf(table: Table): readonly LookupUse[] {
  if (table.columns === "all") return [];
  return table.columns.flatMap(({ name, rules }) =>
    rules
      .filter(({ kind }) => kind === lookupRule.kind)
      .map((rule) => ({
        ...options.parse(rule.options),
        place: { file: table.file, line: table.lines.get(`columns.${name}`) },
      })),
  );
}

function useProblems(
  use: LookupUse,
  lookup: Lookup | undefined,
  files: readonly SpecificationFile[],
): readonly Problem[] {
  if (lookup === undefined) {
    const near = didYouMean(
      use.file,
      files.map(({ path }) => path),
    );
    return [
      {
        ...use.place,
        text: `lookup file ${JSON.stringify(use.file)} is not there${near}`,
        hint: "put the file into lookups/ and write lookups/NAME.csv",
      },
    ];
  }
  const columns = new Set([use.key, use.value]);
  if (lookup.columns.length === 0) return [];
  return [...columns]
    .filter((column) => !lookup.columns.includes(column))
    .map((column) => ({
      ...use.place,
      text: `${use.file} has no column ${JSON.stringify(column)}${didYouMean(column, lookup.columns)}`,
      hint: `its columns: ${lookup.columns.join(", ")}`,
    }));
}

function keyProblems(file: string, key: string, lookup: Lookup | undefined): readonly Problem[] {
  const column = lookup?.columns.indexOf(key) ?? -1;
  if (lookup === undefined || column < 0) return [];
  const first = new Map<string | null, number>();
  return lookup.rows.flatMap((row, index): readonly Problem[] => {
    const [value, line] = [row[column] ?? null, lookup.lines[index]];
    if (value?.trim() === "")
      return [{ file, line, text: `key ${JSON.stringify(key)} is blank`, hint: "give the line a key, or take it out" }];
    const before = first.get(value);
    first.set(value, before ?? line ?? 0);
    if (before === undefined) return [];
    return [
      {
        file,
        line,
        text: `key ${JSON.stringify(key)} repeats the one of line ${before}`,
        hint: "keep one of the two lines",
      },
    ];
  });
}
