import { didYouMean } from "../model/nearest.js";
import { type Lookup, readLookup } from "./lookup-file.js";
import type { SpecificationFile, Table } from "./migration.js";
import type { Place, Problem } from "./problems.js";
import { allRules } from "./rules/all-rules.js";
import type { LookupUse } from "./rules/rule.js";

/** Every lookup names a file that is there and columns that it has, and no key of it is blank or stands twice. */
export function checkLookups(tables: readonly Table[], files: readonly SpecificationFile[]): readonly Problem[] {
  const uses = tables.flatMap(usesIn);
  const read = new Map<string, ReturnType<typeof readLookup>>();
  for (const { path, content } of files) {
    if (uses.some(({ file }) => file === path)) read.set(path, readLookup({ path, content }));
  }
  const broken = [...read.values()].flatMap(({ problems }) => problems);
  const keys = new Map(uses.map((use) => [JSON.stringify([use.file, use.key, use.readKey === undefined]), use]));
  return [
    ...broken,
    ...uses.flatMap((use) => useProblems(use, read.get(use.file)?.lookup, files)),
    ...[...keys.values()].flatMap((use) => keyProblems(use, read.get(use.file)?.lookup)),
  ];
}

interface PlacedUse extends LookupUse {
  readonly place: Place;
}

function usesIn(table: Table): readonly PlacedUse[] {
  if (table.columns === "all") return [];
  return table.columns.flatMap(({ name, rules }) =>
    rules.flatMap(({ kind, options }) => {
      const uses = allRules.find((definition) => definition.kind === kind)?.lookups(options) ?? [];
      return uses.map((use) => ({ ...use, place: { file: table.file, line: table.lines.get(`columns.${name}`) } }));
    }),
  );
}

function useProblems(
  use: PlacedUse,
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
  const columns = new Set([...use.key, ...use.values]);
  if (lookup.columns.length === 0) return [];
  return [...columns]
    .filter((column) => !lookup.columns.includes(column))
    .map((column) => ({
      ...use.place,
      text: `${use.file} has no column ${JSON.stringify(column)}${didYouMean(column, lookup.columns)}`,
      hint: `its columns: ${lookup.columns.join(", ")}`,
    }));
}

function keyProblems({ file, key, readKey }: LookupUse, lookup: Lookup | undefined): readonly Problem[] {
  const places = key.map((name) => lookup?.columns.indexOf(name) ?? -1);
  if (lookup === undefined || places.includes(-1)) return [];
  const first = new Map<string, number>();
  return lookup.rows.flatMap((row, index): readonly Problem[] => {
    const values = places.map((place) => row[place] ?? null);
    const line = lookup.lines[index];
    const blank = key[values.findIndex((value) => value?.trim() === "")];
    if (blank !== undefined)
      return [
        { file, line, text: `key ${JSON.stringify(blank)} is blank`, hint: "give the line a key, or take it out" },
      ];
    const asRead = values.map((value) => (value === null || readKey === undefined ? value : readKey(value)));
    const several = key[asRead.indexOf(undefined)];
    if (several !== undefined) {
      const hint = "give it letters, digits, hyphens and apostrophes, and a full stop at its end at most";
      return [{ file, line, text: `key ${JSON.stringify(several)} is not one word, so nothing equals it`, hint }];
    }
    const text = JSON.stringify(asRead);
    const before = first.get(text);
    first.set(text, before ?? line ?? 0);
    if (before === undefined) return [];
    return [
      {
        file,
        line,
        text: `key ${key.map((name) => JSON.stringify(name)).join(", ")} repeats the one of line ${before}`,
        hint: "keep one of the two lines",
      },
    ];
  });
}
