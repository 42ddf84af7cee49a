import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillDocument } from "../scripts/docs-blocks.js";
import { codeBlocks, documents } from "../scripts/docs-parts.js";
import { publishedSchemas } from "../scripts/published-schemas.js";
import { fillRegistry } from "../scripts/relief-registry.js";
import { createDatabase, type TestDatabase } from "./support/postgres.js";
import { createFolder } from "./support/work.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const pages = [...documents, "CHANGELOG.md"];
const blocks = codeBlocks(root);

describe("the documents", () => {
  it.each(documents)("%s says what the code says (else type ./scripts/docs)", async (document) => {
    const text = read(document);

    expect(fillDocument(text, await blocks)).toBe(text);
  });

  it("come with JSON Schemas that say what the grammar says (else type ./scripts/docs)", () => {
    for (const [path, text] of publishedSchemas(read("FORMATS.md"))) expect(read(path), path).toBe(text);
  });

  it("have words for every name the code knows", () => {
    const wordless = documents.flatMap((document) =>
      read(document)
        .split("\n")
        .filter((line) => /^\| `[^`]+` \| +\|/.test(line) || /^ {2}[a-z-]+\.(ts|py)\s*$/.test(line)),
    );

    expect(wordless).toEqual([]);
  });

  it("lead nowhere with a link that is not there", () => {
    const dead = pages.flatMap((page) => linksOf(page).filter((link) => !leadsSomewhere(page, link)));

    expect(dead).toEqual([]);
  });

  it("name a test for every guarantee", () => {
    const guarantees =
      /## What it guarantees\n\n([\s\S]*?)\n\n/.exec(read("README.md"))?.[1]?.split("\n").slice(2) ?? [];
    const unproved = guarantees.filter((line) => !/\]\(test\/[^)]+\.test\.ts\)/.test(line));

    expect(guarantees.length).toBeGreaterThan(10);
    expect(unproved).toEqual([]);
  });

  it("show on the README's first screen what it is, a session of at most ten lines, and the stages", () => {
    const firstScreen = read("README.md").split("\n## ")[0] ?? "";

    expect(firstScreen.split("\n").length).toBeLessThanOrEqual(40);
    expect(sessionLines().length).toBeLessThanOrEqual(10);
    for (const stage of ["extract", "transform", "load", "validate"]) expect(firstScreen).toContain(`| \`${stage}\` |`);
  });

  it("hold the output that the README's session really has", async () => {
    let shown = "";
    for (const line of sessionLines().filter((one) => one.startsWith("$ "))) {
      shown += `${line}\n${await shell(line.slice(2), root)}`;
    }

    expect(shown).toBe(`${sessionLines().join("\n")}\n`);
  }, 180_000);
});

describe("the examples", () => {
  let databases: readonly TestDatabase[] = [];
  let place: Awaited<ReturnType<typeof createFolder>>;
  let env: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    const [source, target] = [await createDatabase(), await createDatabase(read("mappings/relief/schema/target.sql"))];
    databases = [source, target];
    await fillRegistry(source.url, 2_000);
    env = { WAYBILL_SOURCE_URL: source.url, WAYBILL_TARGET_URL: target.url };
    place = await createFolder();
    for (const name of ["dist", "mappings", "scripts"]) await symlink(join(root, name), join(place.folder, name));
    await mkdir(join(place.folder, "work"), { mode: 0o700 });
    await shell(examples("README.md").join("\n"), place.folder, env);
  }, 180_000);

  afterAll(async () => {
    await place.remove();
    for (const database of databases) await database.drop();
  });

  it("of the README leave a run in which everything stands", async () => {
    const said = await shell(
      "node dist/stages/waybill.js status -m mappings/relief -w work/quickstart",
      place.folder,
      env,
    );

    expect(said.split("\n").slice(1, -1)).toHaveLength(12);
    expect(said).not.toMatch(/stale|missing|damaged|said no/);
  });

  it("of FORMATS show an auditor the hashes that the manifest holds", async () => {
    const folder = join(place.folder, "work/quickstart/extract/programmes");
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    const [sums = "", content = "", digest = ""] = examples("FORMATS.md")[0]?.split("\n") ?? [];

    expect(await shell(sums, folder)).toBe("part-00000.csv.gz: OK\n");
    expect(`sha256:${(await shell(content, folder)).slice(0, 64)}`).toBe(manifest.resources[0]._contentHash);
    expect(`sha256:${(await shell(digest, folder)).slice(0, 64)}`).toBe(manifest._waybill.digest);
  });

  it("of FORMATS compute the checksum and the UUID they say, which are those of the run", async () => {
    const [, checksum = "", uuid = ""] = examples("FORMATS.md");

    expect((await shell(checksum, place.folder)).slice(0, 32)).toBe(/# (\w{32})/.exec(checksum)?.[1]);
    expect((await shell(uuid, place.folder)).trim()).toBe(/# ([\w-]{36})/.exec(uuid)?.[1]);
    const extract = await shell("zcat work/quickstart/extract/programmes/part-00000.csv.gz", place.folder);
    expect(extract).toContain(/# (\w{32})/.exec(checksum)?.[1]);
    const load = await shell("zcat work/quickstart/units/beneficiaries-42/load/beneficiaries/part-*", place.folder);
    expect(load).toContain(/# ([\w-]{36})/.exec(uuid)?.[1]);
  });

  it("leave no field in any file that FORMATS does not explain", () => {
    const run = join(place.folder, "work/quickstart");
    const files = readdirSync(run, { recursive: true, encoding: "utf8" }).filter((name) => /\.jsonl?$/.test(name));
    const found = new Set(files.flatMap((name) => jsonOf(join(run, name)).flatMap(fieldsOf)));
    const words = new Set(
      [...read("FORMATS.md").matchAll(/`([^`\n]+)`/g)].flatMap(([, text = ""]) => text.match(/[$\w]+/g) ?? []),
    );

    expect([...found].filter((field) => !words.has(field))).toEqual([]);
    expect(found.size).toBeGreaterThan(80);
  });
});

function linksOf(page: string): readonly string[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !link.includes("://"));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : path;
  if (!existsSync(join(root, target))) return false;
  const anchors = [...(anchor === undefined ? "" : read(target)).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    anchorOf(title),
  );
  return anchor === undefined || anchors.includes(anchor);
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

/** The README's terminal session: commands after `$ `, and what they print. */
function sessionLines(): readonly string[] {
  return /```\n(\$ [\s\S]*?)\n```/.exec(read("README.md"))?.[1]?.split("\n") ?? [];
}

/** The blocks of shell a page shows. */
function examples(page: string): readonly string[] {
  return [...read(page).matchAll(/```sh\n([\s\S]*?)\n```/g)].map(([, block = ""]) => block);
}

async function shell(command: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
  return (await promisify(execFile)("bash", ["-euo", "pipefail", "-c", command], options)).stdout;
}

function jsonOf(path: string): readonly unknown[] {
  const text = readFileSync(path, "utf8");
  return path.endsWith(".json")
    ? [JSON.parse(text)]
    : text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
}

/** Every key of a JSON value but those that are names of the migration, of rules, or of Frictionless' own words. */
function fieldsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => [
    key,
    ...(["keptOutBy", "columns", "dialect"].includes(key) ? [] : fieldsOf(member)),
  ]);
}
