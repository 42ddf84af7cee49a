import type { z } from "zod";
import { didYouMean } from "../model/nearest.js";
import { complain, complainBelow } from "./grammar.js";

// Iterables, not lists: of a map in which something else is wrong, the schema hands on the Map itself.
interface Declared {
  readonly source?: string | undefined;
  readonly sources?: Iterable<readonly [string, unknown]> | undefined;
  readonly extracts: Iterable<readonly [string, { readonly source?: string | undefined }]>;
}

/** Names of sources are good and distinct, and every extract names one of them where there is a choice. */
export function checkSources({ source, sources, extracts }: Declared, context: z.core.$RefinementCtx): void {
  if (source !== undefined && sources !== undefined) {
    complain(context, "both source and sources", "keep one of the two");
    return;
  }
  const names = [...(sources ?? [])].map(([name]) => name);
  for (const [index, name] of names.entries()) {
    const fault = nameFault(name, names.slice(0, index));
    if (fault !== undefined) complainBelow(context, ["sources", name], fault);
  }
  for (const [extract, { source: wanted }] of extracts) {
    const fault = wanted === undefined ? unsaid(names) : unknown(wanted, names);
    if (fault !== undefined) complainBelow(context, ["extracts", extract, ...(wanted ? ["source"] : [])], fault);
  }
}

/** The environment variable that says where a source is. */
export function sourceVariable(name: string | undefined): string {
  return name === undefined ? "WAYBILL_SOURCE_URL" : `WAYBILL_SOURCE_${name.toUpperCase().replaceAll("-", "_")}_URL`;
}

type Fault = readonly [string, string] | undefined;

// The name is part of a variable's, and people type it: --source registry=URL.
function nameFault(name: string, before: readonly string[]): Fault {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name))
    return [
      `${JSON.stringify(name)} is no name of a source`,
      "use up to 63 letters, digits, dashes and underscores, a letter first",
    ];
  const same = before.find((other) => sourceVariable(other) === sourceVariable(name));
  if (same === undefined) return undefined;
  return [`${name} and ${same} share the variable ${sourceVariable(name)}`, "give one of them another name"];
}

function unsaid(names: readonly string[]): Fault {
  if (names.length < 2) return undefined;
  return [
    `which of the sources it reads is not said: ${names.join(", ")}`,
    `add source: ${names[0]}, or another of them`,
  ];
}

function unknown(wanted: string, names: readonly string[]): Fault {
  if (names.includes(wanted)) return undefined;
  if (names.length === 0)
    return [`${JSON.stringify(wanted)} is not declared`, `declare it under sources: instead of source:`];
  return [
    `${JSON.stringify(wanted)} is no source${didYouMean(wanted, names)}`,
    `declare it under sources:; declared: ${names.join(", ")}`,
  ];
}
