import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { StageError } from "../lib/model/errors.js";
import { honestSettings, type PostgresServer, startPostgres } from "./embedded-postgres-server.js";
import { reconciliation } from "./reconciliation.js";
import { fillRegistry } from "./relief-registry.js";
import { runScript } from "./run-script.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = `${root}work/quickstart`;
const [migration, workShown] = [`${root}mappings/relief`, work].map((path) => relative(process.cwd(), path) || ".");

const usage = "usage: scripts/quickstart [--rows N] [--keep]";

interface Options {
  readonly rows: number;
  readonly keep: boolean;
}

await runScript(async () => {
  const options = parseOptions(process.argv.slice(2));
  say(`starting PostgreSQL`);
  const password = randomBytes(12).toString("hex");
  const server = await startPostgres({ settings: honestSettings, password });
  try {
    return await demonstrate(server, options);
  } finally {
    await server.stop();
  }
});

function parseOptions(args: readonly string[]): Options {
  const { rows, keep } = parsedArgs(args);
  // With fewer, one rejected row is already more than the 0.5 % that the data owners accept.
  if (/^\d{4,7}$/.test(rows)) return { rows: Number(rows), keep };
  throw new StageError("usage", `--rows ${rows} is not a number from 1000 to 9999999`, usage);
}

function parsedArgs(args: readonly string[]) {
  try {
    const options = { rows: { type: "string", default: "20000" }, keep: { type: "boolean", default: false } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new StageError("usage", cause instanceof Error ? cause.message : String(cause), usage);
  }
}

async function demonstrate(server: PostgresServer, { rows, keep }: Options): Promise<number> {
  const urls = { WAYBILL_SOURCE_URL: server.url("registry"), WAYBILL_TARGET_URL: server.url("platform") };
  await rm(work, { recursive: true, force: true });
  await createDatabases(server);
  const counts = await fillRegistry(urls.WAYBILL_SOURCE_URL, rows);
  say(
    `the legacy registry holds ${shown(counts.beneficiaries)} beneficiaries, ${shown(counts.distributions)} distributions`,
  );
  say(`scripts/migrate -m ${migration} -w ${workShown}`);
  const exitCode = await migrate(urls);
  if (exitCode === 0 || exitCode === 1) process.stdout.write(`\n${await reconciliation(work)}\n`);
  process.stdout.write(`\n${whereThingsLie(keep)}\n`);
  if (keep) process.stdout.write(`\n${howToGoOn(urls, server.release())}\n`);
  return exitCode;
}

async function createDatabases(server: PostgresServer): Promise<void> {
  await query(server.url("postgres"), "CREATE DATABASE registry");
  await query(server.url("postgres"), "CREATE DATABASE platform");
  await query(server.url("platform"), await readFile(`${root}mappings/relief/schema/target.sql`, "utf8"));
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** The driver's own exit code; what it prints goes where ours goes. */
async function migrate(urls: Readonly<Record<string, string>>): Promise<number> {
  const args = ["-m", `${root}mappings/relief`, "-w", work];
  // The paths of the manifests, which the stages print on stdout, are of no use here.
  const stdio = ["ignore", "ignore", "inherit"] as const;
  const driver = spawn(`${root}scripts/migrate`, args, { env: { ...process.env, ...urls }, stdio: [...stdio] });
  const [code] = await once(driver, "exit");
  return code ?? 143;
}

function whereThingsLie(keep: boolean): string {
  return [
    "where it lies:",
    `  ${workShown}/extract     the registry as it was read: gzipped CSV, manifests, checksums`,
    `  ${workShown}/transform   the rows of the new tables, rejects.csv.gz, and a ledger of every row`,
    `  ${workShown}/load        what was committed`,
    `  ${workShown}/validate    every row compared: report.html to read, print and sign, report.json for programs`,
    "try next:",
    `  zcat ${workShown}/transform/beneficiaries/rejects.csv.gz | head -3`,
    `  (cd ${workShown}/extract/beneficiaries && sha256sum -c SHA256SUMS)`,
    `  less ${migration}/beneficiaries.yaml      the rules, as data owners read them`,
    ...(keep
      ? []
      : ["  ./scripts/quickstart --keep               the same, and the server stays for you to look around"]),
  ].join("\n");
}

function howToGoOn(urls: Readonly<Record<string, string>>, stopCommand: string): string {
  return [
    "the server is still running; in a shell:",
    ...Object.entries(urls).map(([name, url]) => `  export ${name}='${url}'`),
    `  scripts/migrate -m ${migration} -w ${workShown}     runs again: only validate has anything to do`,
    `  psql "$WAYBILL_TARGET_URL"`,
    `stop it and remove its data: ${stopCommand}`,
  ].join("\n");
}

function shown(count: number): string {
  return count.toLocaleString("en");
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
