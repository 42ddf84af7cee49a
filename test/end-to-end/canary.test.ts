import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type PostgresServer, startPostgres, testSettings } from "../../scripts/embedded-postgres-server.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";
import { type ProgramResult, runProgram } from "../support/program.js";
import { createRegistry, createRelief, type Relief } from "./migrated.js";

/** As it is, as it stands in a URL, and the beginning that both share. */
const password = "canary/7Qx%pw@";
const passwords = [password, encodeURIComponent(password), "canary/7Qx", "canary%2F7Qx"];
const person = "Canaria Zwitscher";
const phone = "+49 30 90 CANARY";

let server: PostgresServer;
let source: TestDatabase;
let relief: Relief;
/** Everything the programs printed, run by run. */
const printed: string[] = [];
/** Every command line that could be seen while they ran. */
const seen = new Set<string>();

beforeAll(async () => {
  server = await startPostgres({ settings: testSettings, password: "not-the-canary" });
  const maintenance = server.url("postgres");
  const role = await createDatabase(`CREATE ROLE mover SUPERUSER LOGIN PASSWORD '${password}'`, maintenance);
  await role.drop();
  const url = Object.assign(new URL(maintenance), { username: "mover", password: encodeURIComponent(password) }).href;
  source = await createRegistry(url);
  await source.query(`UPDATE beneficiaries SET beneficiary_name = '${person}', phone = '${phone}' WHERE id = 42`);
  relief = await createRelief(source, url);
});
afterAll(async () => {
  await relief?.remove();
  await server?.stop();
});

type Environment = Readonly<Record<string, string>>;

/** Runs a program and keeps what it printed; what is no text is environment. */
async function run(name: string, ...args: readonly (string | Environment)[]): Promise<ProgramResult> {
  const words = args.filter((one) => typeof one === "string");
  const env: Environment = Object.assign({ ...relief.env }, ...args.filter((one) => typeof one !== "string"));
  const watching = watch();
  const result = await runProgram(name, [...words, ...relief.places], { env });
  await watching.stop();
  printed.push(result.stdout, result.stderr);
  return result;
}

/** Lists all processes' arguments again and again, as anybody on the machine can. */
function watch(): { stop(): Promise<void> } {
  let going = true;
  const look = async () => {
    while (going) {
      const { stdout } = await promisify(execFile)("ps", ["-eo", "args"], { maxBuffer: 1 << 26 });
      for (const line of stdout.split("\n")) seen.add(line);
    }
  };
  const looking = look();
  return {
    stop: () => {
      going = false;
      return looking;
    },
  };
}

/** Every file below a folder: its path, and its bytes, unzipped where they are zipped. */
async function filesBelow(folder: string): Promise<readonly (readonly [path: string, text: string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (path) => {
      const bytes = await readFile(path);
      return [path, (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")] as const;
    }),
  );
}

/** Runs with a file of the specification changed, and changes it back. */
async function withRule(file: string, [from, to]: readonly [string, string], work: () => Promise<unknown>) {
  const undo = await relief.rewrite(file, (text) => text.replace(from, to));
  await work().finally(undo);
}

/** Runs with the target changed, and changes it back. */
async function withTarget([change, undo]: readonly [string, string], work: () => Promise<unknown>) {
  await relief.target.query(change);
  await work().finally(() => relief.target.query(undo));
}

const exits = async (exitCode: number, ...[name, ...args]: Parameters<typeof run>) => {
  const result = await run(name, ...args);
  expect(result.exitCode, result.stderr).toBe(exitCode);
};

async function failToBegin(): Promise<void> {
  const wrong = relief.env.WAYBILL_SOURCE_URL?.replace("mover", "stranger") ?? "";
  await exits(64, "extract", "--source", source.url);
  await exits(69, "extract", { WAYBILL_SOURCE_URL: wrong });
  await exits(69, "extract", { WAYBILL_SOURCE_URL: source.url.replace(/:\d+\//, ":1/") });
  await exits(64, "extract", { WAYBILL_SOURCE_URL: source.url.replace("postgres:", "oracle:") });
  // What the source's server refuses on a row
  await withRule(
    "migration.yaml",
    ["beneficiaries: { key", "beneficiaries: { where: beneficiary_name::date > now(), key"],
    () => exits(65, "extract"),
  );
}

async function runWholeAndFailToMap(): Promise<void> {
  // The whole run, verbose and as JSON; then what a rule refuses on a row
  await exits(0, "run");
  await exits(0, "run", "--force", "--json");
  await withRule(
    "beneficiaries.yaml",
    ["phone: { from: phone, pii: true }", "phone: { sql: CAST(phone AS INTEGER) }"],
    () => exits(78, "transform"),
  );
  await withRule(
    "beneficiaries.yaml",
    ["phone: { from: phone, pii: true }", "phone: { from: phone, date: DD/MM/YYYY }"],
    () => exits(1, "transform"),
  );
}

async function failToLoad(): Promise<void> {
  const reload = (exitCode: number) => () => exits(exitCode, "load", "--force");
  await exits(0, "transform");
  await withTarget(
    [
      `ALTER TABLE beneficiaries ADD CHECK (phone <> '${phone}') NOT VALID`,
      "ALTER TABLE beneficiaries DROP CONSTRAINT beneficiaries_phone_check",
    ],
    reload(65),
  );
  await withTarget(
    ["ALTER TABLE beneficiaries ALTER phone TYPE date USING NULL", "ALTER TABLE beneficiaries ALTER phone TYPE text"],
    reload(65),
  );
  await withTarget(
    [
      `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         RAISE NOTICE 'here comes %', NEW; IF NEW.phone = '${phone}' THEN RAISE EXCEPTION 'not %', NEW; END IF; RETURN NEW; END $$;
       CREATE TRIGGER shout BEFORE INSERT ON beneficiaries FOR EACH ROW EXECUTE FUNCTION shout()`,
      "DROP FUNCTION shout CASCADE",
    ],
    () =>
      withRule("beneficiaries.yaml", ["mode: replace", "mode: replace, triggers: keep"], async () => {
        await exits(0, "transform");
        await exits(65, "load", "--force");
      }),
  );
  await exits(0, "transform");
}

async function findDifferences(): Promise<void> {
  await exits(0, "load", "--force");
  await withTarget(
    [
      `UPDATE beneficiaries SET phone = '${phone}!' WHERE legacy_id = 42`,
      `UPDATE beneficiaries SET phone = '${phone}' WHERE legacy_id = 42`,
    ],
    () => exits(1, "validate"),
  );
  await exits(0, "run", "beneficiaries", "--key", "42");
  await exits(0, "status");
}

it("a whole run and every kind of failure tell neither the password nor anything of a person", {
  timeout: 180_000,
}, async () => {
  await failToBegin();
  await runWholeAndFailToMap();
  await failToLoad();
  await findDifferences();

  const files = await filesBelow(relief.work);
  const holding = (text: string) => files.filter(([, content]) => content.includes(text)).map(([path]) => path);
  for (const text of [...passwords, person, phone]) {
    expect(printed.filter((line) => line.includes(text))).toEqual([]);
    expect([...seen].filter((line) => line.includes(text) && !line.includes("--source"))).toEqual([]);
  }
  expect([...seen].some((line) => line.includes("waybill.js"))).toBe(true);
  expect(passwords.flatMap(holding)).toEqual([]);
  expect(holding(person).length).toBeGreaterThan(3);
  expect([...holding(person), ...holding(phone)].filter((path) => !path.endsWith(".csv.gz"))).toEqual([]);
});

it("nobody else can read the work directory", async () => {
  const { stdout } = await promisify(execFile)("find", [relief.work, "-perm", "/077"]);

  expect(stdout).toBe("");
});
