import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { cloneMysqlDatabase, createMysqlDatabase } from "./mariadb.js";
import { cloneDatabase, createDatabase, type TestDatabase } from "./postgres.js";
import { createFolder, temporaryFolder } from "./work.js";

/** The SQL that runs in a database at the beginning: of PostgreSQL, if nothing else is said. */
export type BeginningDatabase = string | { readonly mysql: string };

/** A folder and databases that a test begins with, and may do with as it likes. */
export interface Beginning<Name extends string> {
  readonly folder: string;
  readonly databases: Readonly<Record<Name, TestDatabase>>;
}

/** The same, and the way back to it. */
export interface Begun<Name extends string> extends Beginning<Name> {
  /** Makes the databases once more what they were, and takes them away when the test is over. */
  restore(): Promise<void>;
}

const kept = new Map<string, Promise<Kept<string>>>();

/**
 * What several tests of a file begin with: made by the first that asks (`databases` says what SQL runs in each, `prepare`
 * what happens then), and given to each test as it was made. A work directory knows its databases by their names, so
 * each test gets databases of the same names; tests of one file run one after another.
 */
export async function beginning<Name extends string>(
  databases: Readonly<Record<Name, BeginningDatabase>>,
  /** Says what `prepare` depends on. */
  key: unknown,
  prepare: (begun: Beginning<Name>) => Promise<void>,
): Promise<Begun<Name>> {
  const id = JSON.stringify([databases, key]);
  const made = (kept.get(id) as Promise<Kept<Name>> | undefined) ?? make(databases, prepare);
  kept.set(id, made);
  const { begun, templates } = await made;
  const restore = async () => {
    for (const name of Object.keys(templates) as Name[]) {
      await templates[name].cloneTo(begun.databases[name]);
      onTestFinished(begun.databases[name].drop);
    }
  };
  await restore();
  const folder = join(await temporaryFolder(), "as-made");
  await cp(begun.folder, folder, { recursive: true, preserveTimestamps: true });
  return { folder, databases: begun.databases, restore };
}

interface Kept<Name extends string> {
  readonly begun: Beginning<Name>;
  readonly templates: Readonly<Record<Name, Template>>;
  readonly drop: () => Promise<void>;
}

type Template = Awaited<ReturnType<typeof cloneDatabase>>;

async function make<Name extends string>(
  sql: Readonly<Record<Name, BeginningDatabase>>,
  prepare: (begun: Beginning<Name>) => Promise<void>,
): Promise<Kept<Name>> {
  const { folder, remove } = await createFolder();
  const each = async <Value>(value: (name: Name) => Promise<Value>) => {
    const entries: [string, Value][] = [];
    for (const name of Object.keys(sql) as Name[]) entries.push([name, await value(name)]);
    return Object.fromEntries(entries) as Record<Name, Value>;
  };
  const databases = await each((name) => create(sql[name]));
  const begun = { folder, databases };
  await prepare(begun);
  const templates = await each((name) => clone(sql[name], databases[name]));
  const drop = async () => {
    await remove();
    for (const one of [
      ...Object.values<TestDatabase>(databases),
      ...Object.values<{ drop(): Promise<void> }>(templates),
    ])
      await one.drop();
  };
  return { begun, templates, drop };
}

const create = (sql: BeginningDatabase): Promise<TestDatabase> =>
  typeof sql === "string" ? createDatabase(sql) : createMysqlDatabase(sql.mysql);

const clone = (sql: BeginningDatabase, database: TestDatabase): Promise<Template> =>
  typeof sql === "string" ? cloneDatabase(database) : cloneMysqlDatabase(database);

afterAll(async () => {
  for (const one of await Promise.allSettled(kept.values())) if (one.status === "fulfilled") await one.value.drop();
});
