import type { z } from "zod";
import { didYouMean } from "./nearest.js";
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
  /** The key that is missing, or the known key a misspelled one is near to: a slip should not be told twice. */
  readonly missing?: string;
  readonly meant?: string;
}

function problemOf({ file, lineOf }: YamlFile, { path, text, hint }: Fault): Problem {
  return { file, line: lineOf(path), text, hint };
}

/** Leaves out "missing" where a misspelled key beside it explains it. */
function withoutEchoes(faults: readonly Fault[]): readonly Fault[] {
  const placeOf = ({ path }: Fault, key: string): string => JSON.stringify([...path.slice(0, -1), key]);
  const meant = new Set(faults.flatMap((fault) => (fault.meant === undefined ? [] : [placeOf(fault, fault.meant)])));
  return faults.filter((fault) => fault.missing === undefined || !meant.has(placeOf(fault, fault.missing)));
}

function faultsOf(issue: z.core.$ZodIssue, above: YamlPath): readonly Fault[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...path, key], key, issue.message));
    case "invalid_union":
      return likeliest(issue.errors).flatMap((inner) => faultsOf(inner, path));
    case "invalid_element":
      return issue.issues.flatMap((inner) => faultsOf(inner, [...path, String(issue.key)]));
    case "invalid_key":
      return [{ path, text: `${pathText(path)}a key is null`, hint: 'put the key into quotes: "null"' }];
    case "custom":
      return [{ path, text: `${pathText(path)}${issue.message}`, hint: String(issue.params?.hint) }];
    case "invalid_value":
      return [notOneOf(path, issue)];
    case "too_small":
      return [{ path, text: `${pathText(path)}expected at least ${issue.minimum}`, hint: "give more" }];
    default:
      return [wrongKind(path, issue)];
  }
}

function unknownKey(path: YamlPath, key: string, knownKeys: string): Fault {
  const meaning = didYouMean(key, knownKeys.split(", "));
  const meant = /"(.+)"/.exec(meaning)?.[1];
  const text = `unknown key ${JSON.stringify(key)}${meaning}`;
  return { path, text, hint: `known keys here: ${knownKeys}`, ...(meant === undefined ? {} : { meant }) };
}

function notOneOf(path: YamlPath, issue: z.core.$ZodIssueInvalidValue): Fault {
  const values = issue.values.map(String);
  if (issue.input === undefined) return missing(path);
  const near = typeof issue.input === "string" ? didYouMean(issue.input, values) : "";
  return {
    path,
    text: `${pathText(path)}expected ${values.join(" or ")}, found ${shown(issue.input)}${near}`,
    hint: `write ${values.join(" or ")}`,
  };
}

function wrongKind(path: YamlPath, issue: z.core.$ZodIssue): Fault {
  if (issue.input === undefined) return missing(path);
  const kind = "expected" in issue ? (kinds[String(issue.expected)] ?? String(issue.expected)) : "something else";
  return { path, text: `${pathText(path)}expected ${kind}, found ${shown(issue.input)}`, hint: `write ${kind}` };
}

function missing(path: YamlPath): Fault {
  const key = String(path.at(-1) ?? "");
  return {
    path,
    text: `${pathText(path.slice(0, -1))}${JSON.stringify(key)} is missing`,
    hint: `add ${key}:`,
    missing: key,
  };
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

/** Of the branches of a choice, the one that fits best: whose first fault lies deepest. */
function likeliest(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(...issues.map(({ path, code }) => path.length * 2 + (code === "unrecognized_keys" ? 1 : 0)));
  return branches.toSorted((left, right) => depth(right) - depth(left))[0] ?? [];
}

function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (typeof value === "string") return JSON.stringify(value);
  return Array.isArray(value) ? "a list" : "a map";
}

/** `columns.id.uuid5[0]: ` as a person would say it; nothing at the top. */
function pathText(path: YamlPath): string {
  const words = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return words === "" ? "" : `${words.replace(/^\./, "")}: `;
}
