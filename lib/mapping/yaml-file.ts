import { Composer, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, Parser, Scalar } from "yaml";
import type { SpecificationFile } from "./migration.js";
import type { Problem } from "./problems.js";
import { deeperThan } from "./yaml-depth.js";

/** A value as YAML wrote it. Scalars are their source text (`0123`, `1.10`, `NO` stay so); a plain null is null. */
export type YamlValue = string | null | readonly YamlValue[] | ReadonlyMap<string | null, YamlValue>;

/** Where a value stands inside a file: `["columns", "id", "uuid5", 0]`. */
export type YamlPath = readonly PropertyKey[];

/** A YAML file, read: its value, and the line of whatever stands at a path (or, where nothing does, of what holds it). */
export interface YamlFile {
  readonly file: string;
  readonly value: YamlValue;
  readonly lineOf: (path: YamlPath) => number;
  readonly problems: readonly Problem[];
}

const nestedLevels = 64;

/** Reads one YAML file. Duplicate keys, aliases, unknown tags and a second document are problems, never guesses. */
export function parseYaml({ path: file, content }: SpecificationFile): YamlFile {
  const text = decode(content);
  const lines = new Map<string, number>();
  const lineOf = (path: YamlPath): number => nearestLine(lines, path);
  const failed = (line: number, text: string, hint: string): YamlFile => ({
    file,
    value: new Map(),
    lineOf,
    problems: [{ file, line, text, hint }],
  });
  if (text === undefined) return failed(1, "the file is not UTF-8", "save it as UTF-8");

  const counter = new LineCounter();
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  const tokens = [...new Parser(counter.addNewLine).parse(text)];
  // Composing is recursive, and too deep a nesting would end the process: it is measured on the flat tokens first.
  const deep = deeperThan(tokens, nestedLevels);
  if (deep !== undefined) return failed(lineAt(deep), `nested deeper than ${nestedLevels} levels`, "flatten it");

  const [document, ...others] = [...new Composer(composing).compose(tokens, true, text.length)];
  const problems = syntaxProblems(document, others).map((fault) => ({ ...fault, file, line: lineAt(fault.offset) }));
  if (problems.length > 0) return { file, value: new Map(), lineOf, problems };
  const reading: Reading = { file, lineAt, lines, problems: [] };
  const value = document?.contents ? valueFrom(document.contents, [], reading) : null;
  return { file, value, lineOf, problems: reading.problems };
}

/** Scalars stay text whatever a `%YAML 1.1` line says; duplicate keys are looked for below, in linear time. */
const composing = { schema: "failsafe", uniqueKeys: false, prettyErrors: false } as const;

function decode(content: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

interface SyntaxFault {
  readonly offset: number;
  readonly text: string;
  readonly hint: string;
}

function syntaxProblems(
  document: Document.Parsed | undefined,
  others: readonly Document.Parsed[],
): readonly SyntaxFault[] {
  const faults = [...(document?.errors ?? []), ...(document?.warnings ?? [])].map((fault) => ({
    offset: fault.pos[0],
    text: fault.message,
    hint: faultHints[fault.code] ?? "correct the YAML; text with special characters goes into quotes",
  }));
  const [second] = others;
  if (second === undefined) return faults;
  return [...faults, { offset: second.range[0], text: "a second YAML document begins", hint: "one document a file" }];
}

const faultHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  TAG_RESOLVE_FAILED: "leave the tag out, or put the text into quotes",
};

interface Reading {
  readonly file: string;
  readonly lineAt: (offset: number) => number;
  /** Filled while reading: the line of every path. */
  readonly lines: Map<string, number>;
  readonly problems: Problem[];
}

function valueFrom(node: Node, path: YamlPath, reading: Reading): YamlValue {
  note(reading, path, node);
  refuseTag(node, path, reading);
  if (isScalar(node)) return scalarValue(node, path, reading);
  if (isMap<Node, Node | null>(node)) return mapValue(node.items, path, reading);
  if (isSeq<Node>(node)) return node.items.map((child, index) => valueFrom(child, [...path, index], reading));
  if (isAlias(node)) refuse(reading, path, ["an alias (*) is not followed", "write the value out"]);
  return null;
}

function mapValue(pairs: readonly { key: Node; value: Node | null }[], path: YamlPath, reading: Reading): YamlValue {
  const entries = new Map<string | null, YamlValue>();
  for (const pair of pairs) {
    if (!isScalar(pair.key)) {
      refuse(reading, path, ["a key is a list or a map", "a key is a plain word"]);
      continue;
    }
    refuseTag(pair.key, path, reading);
    const key = scalarValue(pair.key, path, reading);
    const keyPath = [...path, key ?? "null"];
    if (entries.has(key)) {
      const [first, again] = [reading.lines.get(JSON.stringify(keyPath)), reading.lineAt(pair.key.range?.[0] ?? 0)];
      const text = `key ${JSON.stringify(key)} stands twice, first on line ${first}`;
      reading.problems.push({ file: reading.file, line: again, text, hint: "keep one of the two" });
      continue;
    }
    const value = pair.value === null ? null : valueFrom(pair.value, keyPath, reading);
    // The key's line, not the value's: a block of text begins on the line below its key.
    note(reading, keyPath, pair.key);
    entries.set(key, value);
  }
  return entries;
}

/** Of these the parser makes something else, whatever its schema: bytes of !!binary, a set, a list of pairs. */
const makesOther = /^tag:yaml\.org,2002:(?:binary|merge|omap|pairs|set|timestamp)$/;

function refuseTag(node: Node, path: YamlPath, reading: Reading): void {
  if (isAlias(node) || node.tag === undefined || !makesOther.test(node.tag)) return;
  refuse(reading, path, [`the tag ${node.tag.replace(/^.*:/, "!!")} is not followed`, "leave the tag out"]);
}

function scalarValue(node: Scalar, path: YamlPath, reading: Reading): string | null {
  const text = String(node.value);
  if (node.type === Scalar.PLAIN && /^(?:null|Null|NULL|~|)$/.test(text)) return null;
  if (/[\0\p{Surrogate}]/u.test(text)) {
    refuse(reading, path, ["a text holds U+0000 or half a surrogate pair", "no database can store it: leave it out"]);
  }
  return text;
}

function note({ lines, lineAt }: Reading, path: YamlPath, node: Node): void {
  lines.set(JSON.stringify(path), lineAt(node.range?.[0] ?? 0));
}

function refuse(reading: Reading, path: YamlPath, [text, hint]: readonly [string, string]): void {
  reading.problems.push({ file: reading.file, line: nearestLine(reading.lines, path), text, hint });
}

function nearestLine(lines: ReadonlyMap<string, number>, path: YamlPath): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const line = lines.get(JSON.stringify(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}
