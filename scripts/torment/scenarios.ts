import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pg from "pg";
import { filesState, targetState } from "./state.js";
import { type StatementProxy, statementProxy } from "./statement-proxy.js";
import { corrected, sourceSql, specification, targetSql } from "./world.js";

/** Where the torture takes place. */
export interface PlaceOptions {
  /** A database of a server to which databases may be added. */
  readonly server: string;
  /** An empty folder. */
  readonly folder: string;
  /** The compiled front door, stages/waybill.js. */
  readonly waybill: string;
  /** Rows of each table. */
  readonly rows: number;
}

/** A server with a source and a target, a work directory, and what was kept of both to go back to. */
export interface Place extends PlaceOptions {
  readonly proxy: StatementProxy;
  readonly databases: { readonly source: string; readonly target: string };
}

/** A command, from a state that is gone back to before every run of it. */
export interface Scenario {
  readonly name: string;
  readonly args: readonly string[];
}

/** The commands that are killed, each going on from the state that the one before leaves. */
export const scenarios: readonly Scenario[] = [
  { name: "first load", args: ["load", "--confirm", "T-1"] },
  { name: "load of a corrected mapping", args: ["load"] },
  { name: "rollback", args: ["rollback", "--confirm", "T-1"] },
];

/** Makes source and target, and lays the migration out. */
export async function preparePlace(options: PlaceOptions): Promise<Place> {
  const suffix = `${process.pid}_${Math.floor(performance.now())}`;
  const databases = { source: `torture_source_${suffix}`, target: `torture_target_${suffix}` };
  const proxy = await statementProxy(new URL(options.server));
  const place = { ...options, proxy, databases };
  for (const name of Object.values(databases)) await query(options.server, `CREATE DATABASE ${name}`);
  await query(urlOf(place, databases.source), sourceSql(options.rows));
  await query(urlOf(place, databases.target), targetSql);
  await writeSpecification(place, specification);
  return place;
}

/** Removes the databases and everything kept of them. */
export async function clearPlace(place: Place): Promise<void> {
  place.proxy.close();
  const { source, target } = place.databases;
  for (const name of [source, target, ...scenarios.map((_, index) => keptDatabase(place, index))])
    await query(place.server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** Everything before a scenario's command, then keeps target and work directory to go back to. */
export async function prepareScenario(place: Place, index: number): Promise<void> {
  if (index === 1) await writeSpecification(place, corrected);
  if (index < 2) for (const stage of ["extract", "transform"]) await runWhole(place, [stage]);
  const kept = keptDatabase(place, index);
  await query(place.server, `CREATE DATABASE ${kept} TEMPLATE ${place.databases.target}`);
  await cp(workOf(place), keptFolder(place, index), { recursive: true, preserveTimestamps: true });
}

/** Target and work directory as they were before a scenario's command. */
export async function goBack(place: Place, index: number): Promise<void> {
  const { target } = place.databases;
  await query(place.server, `DROP DATABASE ${target} WITH (FORCE)`);
  await query(place.server, `CREATE DATABASE ${target} TEMPLATE ${keptDatabase(place, index)}`);
  await rm(workOf(place), { recursive: true, force: true });
  await cp(keptFolder(place, index), workOf(place), { recursive: true, preserveTimestamps: true });
}

/** Everything that a command may have changed, by name. */
export async function stateNow(place: Place): Promise<Readonly<Record<string, unknown>>> {
  const client = new pg.Client(urlOf(place, place.databases.target));
  await client.connect();
  try {
    const target = await targetState(async (sql) => (await client.query(sql)).rows);
    return { ...target, files: await filesState(workOf(place)) };
  } finally {
    await client.end();
  }
}

/** A program that was started, and how it ended. */
export interface Started {
  readonly kill: () => void;
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
}

/** Starts `waybill` on the migration, its target behind the proxy. */
export function start(place: Place, args: readonly string[]): Started {
  const urls = {
    WAYBILL_SOURCE_URL: urlOf(place, place.databases.source),
    WAYBILL_TARGET_URL: place.proxy.url(urlOf(place, place.databases.target)),
  };
  const places = ["-m", join(place.folder, "migration"), "-w", workOf(place)];
  const child = spawn(process.execPath, [place.waybill, ...args, ...places], {
    env: { ...process.env, ...urls },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-4000);
  });
  return { kill: () => void child.kill("SIGKILL"), ended: once(child, "close").then(([code]) => ({ code, said })) };
}

async function runWhole(place: Place, args: readonly string[]): Promise<void> {
  const { code, said } = await start(place, args).ended;
  if (code !== 0) throw new Error(`waybill ${args.join(" ")} ended with ${code}: ${said}`);
}

async function writeSpecification(place: Place, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(place.folder, "migration", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

const workOf = ({ folder }: Place): string => join(folder, "work");
const keptFolder = ({ folder }: Place, index: number): string => join(folder, `kept-${index}`);
const keptDatabase = ({ databases }: Place, index: number): string => `${databases.target}_kept_${index}`;
const urlOf = ({ server }: PlaceOptions, database: string): string =>
  Object.assign(new URL(server), { pathname: `/${database}` }).href;
