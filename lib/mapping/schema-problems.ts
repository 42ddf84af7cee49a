import type { z } from "zod";
import { didYouMean, nearest } from "../model/nearest.js";
import type { Problem } from "./problems.js";
import type { YamlFile, YamlPath } from "./yaml-file.js";

/** What a schema made of a file: the value, or the problems in the words of the specification. */
export type Parsed<Value> =
  | { readonly value: Value; readonly problems: readonly [] }
  | { readonly value: undefined; readonly problems: readonly Problem[] };

/** Reads a YAML value with a schema; every issue becomes a problem with file, line, word and cure. */
export function parseWith<Schema extends z.ZodType>(schema: Schema, yaml: YamlFile): Parsed<z.output<Schema>> {
  const result = schema.safeParse(yaml.value, { reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  const found = result.error.issues.flatMap((issue) => faultsOf(issue, []));
  return { value: undefined, problems: withoutEchoes(found).map((fault) => problemOf(yaml, fault)) };
}

interface Fault {
  readonly path: YamlPath;
  readonly text: string;
  readonly hint: string;
  /** The key that is missing. */
  readonly missing?: string;
  /** The key is unknown; the known one it is near to, if any. */
  readonly unknown?: { readonly meant: string | undefined };
  /** A complaint of ours about the map as a whole. */
  readonly custom?: boolean;
}

function problemOf({ file, lineOf }: YamlFile, { path, text, hint }: Fault): Problem {
  return { file, line: lineOf(path), text, hint };
}

/** Leaves out what a misspelled key explains: that the right one is missing, or that the map around it lacks something. */
function withoutEchoes(faults: readonly Fault[]): readonly Fault[] {
  const misspelled = faults.filter(({ unknown }) => unknown !== undefined);
  const above = (path: YamlPath): string => JSON.stringify(path.slice(0, -1));
  return faults.filter(
    (fault) =>
      !misspelled.some(
        ({ path, unknown }) =>
          (fault.missing !== undefined && fault.missing === unknown?.meant && above(path) === above(fault.path)) ||
          (fault.custom === true && above(path) === JSON.stringify(fault.path)),
      ),
  );
}

function faultsOf(issue: z.core.$ZodIssue, above: YamlPath): readonly Fault[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...path, key], key, issue.message));
    case "invalid_union":
      return choiceFaults(issue, path);
    case "invalid_element":
      return issue.issues.flatMap((inner) => faultsOf(inner, [...path, String(issue.key)]));
    case "invalid_key":
      return [{ path, text: `${pathText(path)}a key is null`, hint: 'put the key into quotes: "null"' }];
    case "custom":
      return [{ path, text: `${pathText(path)}${issue.message}`, hint: String(issue.params?.hint), custom: true }];
    case "too_big":
      return [{ path, text: `${pathText(path)}expected at most ${issue.maximum}`, hint: "give less" }];
    case "too_small":
      return [{ path, text: `${pathText(path)}expected at least ${issue.minimum}`, hint: "give more" }];
    default:
      return [notExpected(path, issue.input, expectedBy(issue))];
  }
}

function unknownKey(path: YamlPath, key: string, knownKeys: string): Fault {
  const known = knownKeys.split(", ");
  const text = `unknown key ${JSON.stringify(key)}${didYouMean(key, known)}`;
  return { path, text, hint: `known keys here: ${knownKeys}`, unknown: { meant: nearest(key, known) } };
}

/** Of the branches of a choice, the one the value was meant for; where it fits none, what all of them expect. */
function choiceFaults(issue: z.core.$ZodIssueInvalidUnion, path: YamlPath): readonly Fault[] {
  const strays = (branch: readonly z.core.$ZodIssue[]): boolean =>
    branch.some(({ code, path }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value"));
  const meant = issue.errors.find((branch) => !strays(branch));
  if (meant !== undefined) return meant.flatMap((inner) => faultsOf(inner, path));
  return [notExpected(path, issue.input, issue.errors.flat().flatMap(expectedBy))];
}

function expectedBy(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return issue.code === "invalid_type" ? [kinds[issue.expected] ?? issue.expected] : [];
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  map: "a map",
};

function notExpected(path: YamlPath, input: unknown, expected: readonly string[]): Fault {
  if (input === undefined) return missing(path);
  const near = typeof input === "string" ? didYouMean(input, expected) : "";
  const text = `${pathText(path)}expected ${expected.join(" or ")}, found ${shown(input)}${near}`;
  return { path, text, hint: `write ${expected.join(" or ")}` };
}

function missing(path: YamlPath): Fault {
  const key = String(path.at(-1) ?? "");
  const text = `${pathText(path.slice(0, -1))}${JSON.stringify(key)} is missing`;
  return { path, text, hint: `add ${key}:`, missing: key };
}

function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (typeof value !== "object") return JSON.stringify(value);
  return Array.isArray(value) ? "a list" : "a map";
}

/** `columns.id.uuid5[0]: ` as a person would say it; nothing at the top. */
function pathText(path: YamlPath): string {
  const words = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return words === "" ? "" : `${words.replace(/^\./, "")}: `;
}
