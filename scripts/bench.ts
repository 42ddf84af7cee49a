import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { StageError } from "../lib/model/errors.js";
import { type Contest, contests, type Places, secondRun, waybill } from "./benchmark/contests.js";
import {
  copiedTable,
  copyMigration,
  fillMariadb,
  mariadbContests,
  mariadbTable,
} from "./benchmark/mariadb-contests.js";
import { type Measurement, measure, peakMemory, quoted, runShell, type Shell } from "./benchmark/measure.js";
import { honestSettings, startPostgres } from "./embedded-postgres-server.js";
import { startMariadb } from "./mariadb-server.js";
import { fillRegistry, quotedRows } from "./relief-registry.js";
import { runScript } from "./run-script.js";
import { textTable } from "./text-table.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}work/bench`;
const places: Places = {
  root,
  lean: `${folder}/lean`,
  full: `${folder}/full`,
  delta: `${folder}/delta`,
  peer: `${folder}/peer`,
};
const copied = `${folder}/copied`;
const header = ["work", "peer", "peer s", "ours s", "ratio", "aim", "", ""];

await runScript(async () => {
  const { rows, ten, runs } = parseOptions(process.argv.slice(2));
  await rm(folder, { recursive: true, force: true });
  await writeMigrations();
  await writeCopyMigration();
  say(`${rows} beneficiaries, on ${process.platform}-${process.arch}, Node ${process.version}`);
  const lines = await withRegistry({ rows, runs, name: "work/bench" }, async (shell) => [
    ...(await inTurn(contests(places), (contest) => played(contest, shell))).flat(),
    await secondRunLine(shell),
    ...(await memoryLines("1x", shell)),
    ...(await withMariadb(shell, async (more, client) =>
      (await inTurn(mariadbContests({ ...places, copied, client }), (contest) => played(contest, more))).flat(),
    )),
  ]);
  const tenfold = ten
    ? await withRegistry({ rows: rows * 10, runs, name: "ten times" }, (shell) => memoryLines("10x", shell))
    : [];
  process.stdout.write(`${textTable([header, ...lines, ...tenfold])}\n`);
  return 0;
});

function parseOptions(args: readonly string[]) {
  const options = {
    rows: { type: "string", default: String(quotedRows) },
    ten: { type: "boolean", default: false },
    runs: { type: "string", default: "3" },
  } as const;
  try {
    const { rows, ten, runs } = parseArgs({ args: [...args], options }).values;
    if (/^\d{4,8}$/.test(rows) && /^[1-9]$/.test(runs)) return { rows: Number(rows), ten, runs: Number(runs) };
  } catch {
    // said below
  }
  throw new StageError(
    "usage",
    `${args.join(" ")}: not understood`,
    "usage: scripts/bench [--rows N] [--ten] [--runs N]",
  );
}

/** The migration thrice: as it stands, without what costs time, and likewise of one row in a hundred, to be upserted. */
async function writeMigrations(): Promise<void> {
  await mkdir(places.peer, { recursive: true });
  for (const variant of [places.lean, places.full, places.delta]) {
    await cp(`${root}mappings/relief`, `${variant}/migration`, { recursive: true });
  }
  for (const variant of [places.lean, places.delta]) {
    await edit(`${variant}/migration/migration.yaml`, (text) =>
      text.replace("row_checksum: true", "row_checksum: false"),
    );
    await edit(`${variant}/migration/beneficiaries.yaml`, (text) => `${text}ledger: exceptions\n`);
  }
  await edit(`${places.delta}/migration/migration.yaml`, (text) =>
    // Of so few rows more are rejected in a hundred.
    text
      .replace("max_percent: 0.5", "max_percent: 5")
      .replace("row_checksum: false", "row_checksum: false, where: id % 100 = 0"),
  );
  await edit(`${places.delta}/migration/beneficiaries.yaml`, (text) => text.replace("mode: replace", "mode: upsert"));
}

async function writeCopyMigration(): Promise<void> {
  await mkdir(`${copied}/migration`, { recursive: true });
  for (const [name, text] of Object.entries(copyMigration)) await writeFile(`${copied}/migration/${name}`, text);
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, "utf8")));
}

/** A server with a full registry, an empty target and an empty target for the peer, gone when `work` is done. */
async function withRegistry<T>(
  { rows, runs, name }: { readonly rows: number; readonly runs: number; readonly name: string },
  work: (shell: Shell) => Promise<T>,
): Promise<T> {
  say(`starting PostgreSQL and filling the registry (${name})`);
  const server = await startPostgres({ settings: honestSettings });
  try {
    for (const database of ["registry", "platform", "peer"])
      await query(server.url("postgres"), `CREATE DATABASE ${database}`);
    await query(server.url("platform"), await readFile(`${root}mappings/relief/schema/target.sql`, "utf8"));
    await fillRegistry(server.url("registry"), rows);
    const urls = { WAYBILL_SOURCE_URL: server.url("registry"), WAYBILL_TARGET_URL: server.url("platform") };
    return await work({ folder, runs, env: { ...process.env, ...urls, BENCH_PEER_URL: server.url("peer") } });
  } finally {
    await server.stop();
  }
}

/** A MariaDB with the registry's people beside what stands in the shell, and targets for copies of them; no line where it is not installed. */
async function withMariadb(
  shell: Shell,
  work: (shell: Shell, client: string) => Promise<readonly (readonly string[])[]>,
): Promise<readonly (readonly string[])[]> {
  say("starting MariaDB and filling its registry");
  const started = await startMariadb(["innodb-buffer-pool-size=512M", "innodb-log-file-size=256M"]).catch(String);
  if (typeof started === "string") return [["extract from MariaDB", "", "", "", "", "", "not run", started]];
  try {
    const { port } = new URL(started.url(""));
    const server = `-h 127.0.0.1 -P ${port} -u root`;
    const target = String(shell.env.WAYBILL_TARGET_URL);
    const [copy, pgloader] = ["copy", "pgloader"].map((name) => target.replace(/\/platform$/, `/${name}`));
    for (const name of ["copy", "pgloader"]) await query(target, `CREATE DATABASE ${name}`);
    await query(String(copy), copiedTable);
    const env = {
      ...shell.env,
      BENCH_MARIADB_URL: started.url("registry"),
      BENCH_COPY_URL: copy,
      BENCH_PGLOADER_SOURCE: started.url("registry").replace("mariadb:", "mysql:"),
      BENCH_PGLOADER_URL: pgloader?.replace("postgres:", "postgresql:"),
    };
    const client = `${server} registry`;
    const create = `CREATE DATABASE registry CHARACTER SET utf8mb4; USE registry; ${mariadbTable}`;
    await runShell(`mariadb ${server} -e ${quoted(create)}`, { ...shell, env });
    await runShell(fillMariadb({ ...places, copied, client }), { ...shell, env });
    return await work({ ...shell, env }, client);
  } finally {
    await started.stop();
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function played(contest: Contest, shell: Shell): Promise<readonly (readonly string[])[]> {
  say(contest.work);
  try {
    for (const command of contest.prepare) await runShell(command, shell);
  } catch (error) {
    return [[contest.work, "", "", "", "", "", "not run", String(error)]];
  }
  const ours = await measure(contest.ours, shell, contest.reset);
  return inTurn(contest.peers, async ({ name, command, aim }) => {
    const peer = await measure(command, shell);
    // Said at once too: whoever stops the bench keeps what was measured.
    const line = [contest.work, name, ...compared(peer, ours, aim)];
    say(`  ${line.slice(1).join("  ")}`);
    return line;
  });
}

function compared(peer: Measurement, ours: Measurement, aim: number): readonly string[] {
  const ratio = (ours.seconds ?? Number.NaN) / (peer.seconds ?? Number.NaN);
  const numbers = [peer.seconds, ours.seconds, ratio].map(shown);
  return [...numbers, aim.toFixed(2), verdict(ratio, aim), ours.note || peer.note];
}

async function secondRunLine(shell: Shell): Promise<readonly string[]> {
  say("second run");
  const { seconds, note } = await measure(secondRun(places), shell);
  return [
    "extract, transform, load again, nothing changed",
    "1 s",
    "1.00",
    shown(seconds),
    shown(seconds),
    "1.00",
    verdict(seconds, 1),
    note,
  ];
}

/** The four stages over all tables, once, in a fresh work directory. */
async function memoryLines(size: string, shell: Shell): Promise<readonly (readonly string[])[]> {
  await rm(`${places.full}/work`, { recursive: true, force: true });
  return inTurn(["extract", "transform", "load", "validate"], async (stage) => {
    say(`peak memory of ${stage} at ${size}`);
    const aim = stage === "transform" ? 1000 : 300;
    const work = `peak memory of ${stage} at ${size}, MB`;
    try {
      const megabytes = await peakMemory(`${waybill(places, places.full, stage, "")} --force`, shell);
      return [work, "", "", megabytes.toFixed(0), "", String(aim), verdict(megabytes, aim), ""];
    } catch (error) {
      return [work, "", "", "", "", String(aim), "not run", String(error)];
    }
  });
}

function verdict(value: number | undefined, aim: number): string {
  if (value === undefined || Number.isNaN(value)) return "not run";
  return value <= aim ? "met" : "missed";
}

function shown(seconds: number | undefined): string {
  return seconds === undefined || Number.isNaN(seconds) ? "" : seconds.toFixed(2);
}

/** One after the other: two measurements at once would measure each other. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
