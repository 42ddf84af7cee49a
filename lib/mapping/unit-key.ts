import { StageError } from "../model/errors.js";

/** `42` for a key of one column, `a=1,b=2` for more. */
export type UnitKey =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "columns"; readonly values: Readonly<Record<string, string>> };

/** The key as somebody typed it behind `--key`. */
export function parseKey(text: string): UnitKey {
  const pairs = text.split(/,(?=[^,=]+=)/).map((pair) => /^([^=]+)=([\s\S]*)$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return { kind: "value", value: text };
  return {
    kind: "columns",
    values: Object.fromEntries(pairs.map((pair) => [pair?.[1]?.trim() ?? "", pair?.[2] ?? ""])),
  };
}

/** A value for each of the columns that name a row of `extract`; 64 where the key names others, or not all of them. */
export function keyValues(key: UnitKey, extract: string, columns: readonly string[]): Readonly<Record<string, string>> {
  const names = columns.join(", ");
  const hint = `write --key '${columns.map((name) => `${name}=…`).join(",")}'`;
  if (key.kind === "value") {
    const [only, ...others] = columns;
    if (only !== undefined && others.length === 0) return { [only]: key.value };
    throw new StageError("usage", `the key of ${extract} has ${columns.length} columns: ${names}`, hint);
  }
  const given = Object.keys(key.values);
  if (given.length === columns.length && columns.every((name) => given.includes(name))) return key.values;
  throw new StageError("usage", `--key names ${given.join(", ")}; the key of ${extract} is ${names}`, hint);
}

/** A key in words: `id = 42`. */
export function keyText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
}
