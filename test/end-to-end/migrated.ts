import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { fillRegistry } from "../../scripts/relief-registry.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";
import { type ProgramResult, runProgram } from "../support/program.js";
import { createFolder } from "../support/work.js";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** So many beneficiaries that one of each kind of trouble is among them, and few enough for a second or two. */
export const registryRows = 3_000;

/** The migration that quickstart runs, on databases and in folders of its own. */
export interface Relief {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly work: string;
  /** -m and -w, and what the databases are. */
  readonly places: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Runs one program with -m and -w set. */
  stage(name: string, ...args: readonly string[]): Promise<ProgramResult>;
  /** Runs scripts/migrate, the driver, with -m and -w set. */
  migrate(...args: readonly string[]): Promise<ProgramResult>;
  /** Changes a file of the specification; the function it gives changes it back. */
  rewrite(name: string, change: (text: string) => string): Promise<() => Promise<void>>;
  file(...names: readonly string[]): string;
  remove(): Promise<void>;
}

/** The made-up registry; read-only tests may share one. On the server all tests share, if none is given. */
export async function createRegistry(server?: string): Promise<TestDatabase> {
  const registry = await createDatabase("", server);
  await fillRegistry(registry.url, registryRows);
  return registry;
}

/** A migration of `source` into an empty target; nothing has run yet. */
export async function createRelief(source: TestDatabase, server?: string): Promise<Relief> {
  const target = await createDatabase(await readFile(path("mappings/relief/schema/target.sql"), "utf8"), server);
  const { folder, remove } = await createFolder();
  const [specification, work] = [join(folder, "relief"), join(folder, "work")];
  await cp(path("mappings/relief"), specification, { recursive: true });
  const places = ["-m", specification, "-w", work];
  const env = { WAYBILL_SOURCE_URL: source.url, WAYBILL_TARGET_URL: target.url };
  return {
    source,
    target,
    work,
    places,
    env,
    stage: (name, ...args) => runProgram(name, [...args, ...places], { env }),
    migrate: (...args) => runDriver([...places, ...args], env),
    rewrite: (name, change) => rewriteFile(join(specification, name), change),
    file: (...names) => join(work, ...names),
    remove: async () => {
      await target.drop();
      await remove();
    },
  };
}

/** The same, moved whole by the driver. */
export async function createMigrated(source: TestDatabase): Promise<Relief> {
  const relief = await createRelief(source);
  expect(await relief.migrate("--quiet")).toMatchObject({ exitCode: 0 });
  return relief;
}

/** Every row of the target's three tables with the transaction that wrote it: equal means that nothing was written. */
export async function versionsOf({ target }: Relief): Promise<Readonly<Record<string, string>>> {
  const rows = await target.query(
    ["programmes", "beneficiaries", "distributions"]
      .map((table) => `SELECT '${table} ' || id AS key, xmin || ' ' || md5(t::text) AS version FROM ${table} t`)
      .join(" UNION ALL "),
  );
  return Object.fromEntries(rows.map(({ key, version }) => [String(key), String(version)]));
}

async function rewriteFile(file: string, change: (text: string) => string): Promise<() => Promise<void>> {
  const before = await readFile(file, "utf8");
  const after = change(before);
  if (after === before) throw new Error(`nothing was changed in ${file}`);
  await writeFile(file, after);
  return () => writeFile(file, before);
}

async function runDriver(args: readonly string[], env: Relief["env"]): Promise<ProgramResult> {
  const driver = spawn(path("scripts/migrate"), args, { env: { ...process.env, ...env } });
  const closed = once(driver, "close");
  const [stdout, stderr] = await Promise.all([text(driver.stdout), text(driver.stderr)]);
  await closed;
  return { exitCode: driver.exitCode ?? -1, stdout, stderr };
}
