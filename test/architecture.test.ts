import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Who may import whom. `program` stands above its neighbours: it opens a run, which reads the specification and the work
 * directory. The engine reads and writes the files of a stage through `files`.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  stages: ["story", "steps", "program", "databases", "engine", "report", "chain", "files", "mapping", "model"],
  story: ["engine", "mapping", "model"],
  steps: ["engine", "files", "mapping", "model"],
  program: ["files", "mapping", "model"],
  engine: ["files", "mapping", "model"],
  report: ["chain", "files", "mapping", "model"],
  chain: ["files", "mapping", "model"],
  databases: ["mapping", "model"],
  files: ["mapping", "model"],
  mapping: ["model"],
  model: [],
};

/** What only one room may import. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  mysql2: ["lib/databases/mysql"],
  pg: ["lib/databases/postgres"],
  "pg-copy-streams": ["lib/databases/postgres"],
  "@duckdb/node-api": ["lib/engine"],
  yargs: ["lib/program"],
  "node:child_process": ["lib/program"],
  "node:worker_threads": ["lib/steps"],
  esbuild: ["lib/steps"],
  zod: ["lib/mapping", "lib/report"],
  yaml: ["lib/mapping"],
};

/** Who opens files, and why, beside lib/files. */
const opensFiles: Readonly<Record<string, string>> = {
  "lib/databases/mysql/option-file.ts": "reads ~/.my.cnf, as MySQL's own clients do; the driver does not",
  "lib/program/open-run.ts": "looks for migrations where none was named",
  "lib/program/tool.ts": "reads Waybill's own version from package.json",
};

/** The front door dispatches to programs and prints its own help: it is one file, before any program is chosen. */
const frontDoor = "stages/waybill.ts";

interface Source {
  readonly path: string;
  readonly text: string;
  /** Without comments and the texts of strings: what it does, not what it says. */
  readonly code: string;
  /** Project files by path, packages by name; types too, for they tie files together as well. */
  readonly imports: readonly string[];
  /** Those that remain at run time. */
  readonly runtimeImports: readonly string[];
}

const sources: readonly Source[] = ["lib", "stages"].flatMap(typescriptBelow).map(readSource);
const isBelow = (path: string, folder: string) => path.startsWith(`${folder}/`);

describe("imports", () => {
  it("point one way: stages to lib, and in lib down to mapping and model", () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.filter((one) => isProjectFile(one) && !mayImport(path, one)).map((one) => `${path} imports ${one}`),
    );

    expect(wrong).toEqual([]);
  });

  it("make no ring", () => {
    expect(rings()).toEqual([]);
  });

  it("tie no stage to another", () => {
    const wrong = sources
      .filter(({ path }) => path !== frontDoor && isBelow(path, "stages"))
      .flatMap(({ path, imports }) =>
        imports
          .filter((one) => isBelow(one, "stages") && dirname(one) !== dirname(path))
          .map((one) => `${path} imports ${one}`),
      );

    expect(wrong).toEqual([]);
  });

  const adapterOf = (path: string) => path.match(/^lib\/databases\/(\w+)\//)?.[1];

  it("tie no database adapter to another, and no one else to an adapter but those that choose one", () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((one) => adapterOf(one) !== undefined && adapterOf(one) !== adapterOf(path))
        .filter(() => !/^lib\/databases\/open-\w+\.ts$/.test(path))
        .map((one) => `${path} imports ${one}`),
    );

    expect(wrong).toEqual([]);
  });

  it("bring each heavy or dangerous part in at one place", () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((one) => reserved[one]?.every((room) => !isBelow(path, room)))
        .map((one) => `${path} imports ${one}`),
    );

    expect(wrong).toEqual([]);
  });

  it("of files of the work directory stand in lib/files alone", () => {
    const wrong = sources
      .filter(({ path, imports }) => imports.some((one) => /^node:fs/.test(one)) && !isBelow(path, "lib/files"))
      .map(({ path }) => path);

    expect(wrong.filter((path) => opensFiles[path] === undefined)).toEqual([]);
  });
});

describe("every file", () => {
  it("leaves argv, environment, stdout, stderr and the exit code to lib/program", () => {
    const wrong = sources
      .filter(({ path }) => path !== frontDoor && !isBelow(path, "lib/program"))
      .filter(({ code }) => /\bprocess\s*\.\s*(exit|exitCode|argv|env|stdout|stderr)\b|\bconsole\s*\./.test(code));

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it("has at most 250 lines, and functions of at most 60", () => {
    const long = sources
      .filter(({ text }) => text.split("\n").length > 251)
      .map(({ path, text }) => `${path}: ${text.split("\n").length} lines`);
    const functions = sources.flatMap(({ path, text }) => longFunctions(text).map((name) => `${path}: ${name}`));

    expect([...long, ...functions]).toEqual([]);
  });

  it("exports by name, nothing by default, and gathers no exports of others", () => {
    const wrong = sources
      .filter(({ code }) => /^export (default|\*|\{[^}]*\} from)/m.test(code))
      .map(({ path }) => path);

    expect(wrong).toEqual([]);
  });

  it("says of every function and class it exports what it promises", () => {
    const wrong = sources.flatMap(({ path, text }) => undocumented(text).map((name) => `${path}: ${name}`));

    expect(wrong).toEqual([]);
  });
});

function typescriptBelow(folder: string): readonly string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort();
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const found = [
    ...text.matchAll(
      /^(?:import|export)\s(type\s)?[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    ),
  ];
  const named = found.map(([, type, from, bare, late]) => ({
    isType: type !== undefined,
    name: resolved(path, from ?? bare ?? late ?? ""),
  }));
  return {
    path,
    text,
    code: text
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
      .replace(/`(?:\\.|[^`\\$]|\$(?!\{))*`|"(?:\\.|[^"\\\n])*"/g, '""'),
    imports: named.map(({ name }) => name),
    runtimeImports: named.filter(({ isType }) => !isType).map(({ name }) => name),
  };
}

function resolved(path: string, name: string): string {
  return name.startsWith(".") ? normalize(join(dirname(path), name)).replace(/\.js$/, ".ts") : name;
}

function isProjectFile(name: string): boolean {
  return isBelow(name, "lib") || isBelow(name, "stages");
}

/** `stages`, or the room of lib a file is in. */
function roomOf(path: string): string {
  const [top = "", room = ""] = path.split("/");
  return top === "lib" ? room : top;
}

function mayImport(from: string, to: string): boolean {
  return roomOf(from) === roomOf(to) || (allowed[roomOf(from)] ?? []).includes(roomOf(to));
}

/** Every ring of imports, once, as `a > b > a`. */
function rings(): readonly string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(" > "));
    if (at >= 0 || done.has(path)) return;
    for (const next of byPath.get(path)?.runtimeImports ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
}

// A function at the top of a file, or a method of a class, ends where a line with its own indentation closes it.
function longFunctions(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, start) => {
    const name =
      /^(?: {2}(?:static |override |async |\*|get )*#?(\w+)\(.*\{$|(?:export )?(?:async )?function\*? (\w+))/.exec(
        line,
      );
    if (name === null) return [];
    const indentation = /^ */.exec(line)?.[0] ?? "";
    const length = lines.slice(start).indexOf(`${indentation}}`) + 1;
    return length > 60 ? [`${name[1] ?? name[2]} has ${length} lines`] : [];
  });
}

// The comment may stand above a `biome-ignore`.
function undocumented(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const name = /^export (?:abstract )?(?:async )?(?:function\*?|class) (\w+)/.exec(line)?.[1];
    const above = lines.slice(0, index).findLast((earlier) => !earlier.startsWith("// biome-ignore")) ?? "";
    return name === undefined || above.trim().endsWith("*/") ? [] : [name];
  });
}

it("is tested as it lies: the rooms of lib are those that the graph names", () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));

  expect([...rooms].sort()).toEqual(Object.keys(allowed).sort());
  expect(relative(root, join(root, "lib"))).toBe("lib");
});
