import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { sha256 } from "../../../lib/model/hash.js";
import { runProgram } from "../../support/program.js";
import type { TestMigration } from "../migration-fixture.js";
import { rejected } from "../rejects/replaying.js";
import { loadedMigration } from "../validate/loaded.js";

/** Nothing that could lead to a database. */
const noDatabase = { WAYBILL_SOURCE_URL: undefined, WAYBILL_TARGET_URL: undefined };

/** Runs `waybill report` where no database can be reached, and gives the page without its tags. */
async function pageOf(migration: TestMigration): Promise<string> {
  const { exitCode, stdout, stderr } = await migration.run("report", [], noDatabase);
  const path = join(migration.work, "validate", "report.html");
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: `${path}\n` });
  return textOf(await readFile(path, "utf8"));
}

function textOf(page: string): string {
  const [, body = ""] = page.split("</head>");
  return body
    .replace(/<[^>]*>/g, "|")
    .replace(/[|\s]*\|[|\s]*/g, "|")
    .replaceAll("&quot;", '"');
}

it("report says with no database what validate found, in the same bytes as validate, and again", async () => {
  const loaded = await loadedMigration();
  expect(await loaded.validate()).toMatchObject({ exitCode: 0 });
  const path = join(loaded.work, "validate", "report.html");
  const written = await readFile(path);

  // What a unit does beside the run is no part of it.
  expect(await loaded.run("extract", ["people", "--key", "10"])).toMatchObject({ exitCode: 0 });

  const page = await pageOf(loaded);

  expect(await readFile(path)).toEqual(written);
  const report = await readFile(join(loaded.work, "validate", "report.json"));
  expect(page).toContain("|Passed|Every check that was asked for ran, and none failed");
  expect(page).toContain(sha256(report).slice("sha256:".length));
  expect(page).toContain("|people|201|201|201|0|1|1|199|0|199|199|0|");
  expect(page).toContain("people: 1 row rejected|Rule|Reason|Because|Rows|name.required|");
  expect(page).toMatch(/\|validate\|people\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\|[\d.]+ s\|199\|/);
  expect(page).toContain("|load|people|✓|done|199|sha256:");
});

it("report.json is what schemas/report.schema.json describes, and nothing that is not described", async () => {
  const loaded = await loadedMigration();
  await loaded.validate(["--no-source"]);
  const schema = JSON.parse(
    await readFile(fileURLToPath(new URL("../../../schemas/report.schema.json", import.meta.url)), "utf8"),
  );
  const report = await loaded.report();

  const validate = new Ajv({ strict: false }).compile(schema);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...report, verdict: "splendid" })).toBe(false);
  expect(undescribed(report, schema)).toEqual([]);
});

it("report shows a failed validation: what differs by key, and personal data not at all", async () => {
  const loaded = await loadedMigration();
  await loaded.target.query("UPDATE people SET name = 'somebody <b>else</b>', note = 'canary-4f1' WHERE id = 10");
  await loaded.target.query("DELETE FROM people WHERE id = 200");
  expect(await loaded.validate()).toMatchObject({ exitCode: 1 });

  const page = await pageOf(loaded);

  expect(page).toContain("|Failed|Not as it must be: people.|Of ");
  expect(page).toContain("|Look at this first|");
  expect(page).toContain("|10|changed|name|person 10|somebody &lt;b&gt;else&lt;/b&gt;|");
  expect(page).toContain("|10|changed|note|hidden: personal data|hidden: personal data|");
  // A row that holds personal data is not shown at all.
  expect(page).toContain("|200|missing|whole row|hidden: personal data|no such row|");
  expect(page).not.toContain("canary-4f1");
});

it("report tells which rows the target refused by constraint, and not what the server quotes of them", async () => {
  const people = "table: people\ncolumns: { id: id, name: { from: name, required: true } }\n";
  const more = "dedupe: { by: [id], keep: latest, order: [updated_at] }\nload: { on_reject: quarantine }\n";
  const loaded = await loadedMigration({ "people.yaml": people + more });
  await loaded.target.query("ALTER TABLE people ADD CONSTRAINT nobody_ten CHECK (id NOT IN (10, 20)) NOT VALID");
  expect(await loaded.run("load", ["--force"])).toMatchObject({ exitCode: 0 });
  await loaded.validate(["--no-source"]);

  const page = await pageOf(loaded);

  expect(page).toContain("|people: 2 rows refused by the target and put aside|Reason|Constraint|Rows|");
  expect(page).toContain("|refused with SQLSTATE 23514|nobody_ten|2|");
  expect(page).toContain("|199|2|197|197|0|");
  expect(page).not.toContain("new row for relation");
});

it("report says that a verdict is out of date once what it stands for has changed", async () => {
  const loaded = await loadedMigration();
  await loaded.validate();
  const people = await readFile(join(loaded.specification, "people.yaml"), "utf8");
  await loaded.write({ "people.yaml": people.replace("trim: true", "trim: true, upper: true") });

  expect(await pageOf(loaded)).toMatch(/\|Out of date\|validate said passed[^|]*\|transform people is stale/);
  expect(await loaded.run("transform")).toMatchObject({ exitCode: 0 });
  expect(await pageOf(loaded)).toMatch(
    /\|Out of date\|validate said passed[^|]*\|transform\/people is another one now/,
  );
  await loaded.write({ "people.yaml": people });
  await loaded.run("transform");
  expect(await pageOf(loaded)).toContain("|Passed|");
});

it("report says what is missing where validate has not run, and calls a part of the tables no pass", async () => {
  const loaded = await loadedMigration();

  expect(await pageOf(loaded)).toContain(
    "|Not validated|validate has not run: 6 of 8 steps are there; the first step that is open is validate towns.|",
  );
  await loaded.validate(["towns"]);
  expect(await pageOf(loaded)).toContain("|Incomplete|Not validated: people.|");
});

it("report shows nothing of a damaged file, and says which it is", async () => {
  const loaded = await loadedMigration();
  await loaded.validate();
  const rejects = join(loaded.work, "transform", "people", "rejects.csv.gz");
  const bytes = await readFile(rejects);
  // The time in gzip's header: every reader unpacks the same rows, and yet it is another file.
  bytes.writeUInt8(bytes.readUInt8(4) ^ 1, 4);
  await writeFile(rejects, bytes);

  expect(await pageOf(loaded)).toContain(
    "transform/people/rejects.csv.gz is not, byte for byte, what its manifest promises",
  );
});

it("report tells of rejects that a replay corrected since, and of a step that is damaged", async () => {
  const ready = await rejected();
  await ready.correct({ 2: { born: "28/02/1999" }, 3: "left out", 4: "left out" });
  expect(await ready.reject("replay", "people", ready.file)).toMatchObject({ exitCode: 0 });
  const manifest = join(ready.work, "extract", "people", "manifest.json");
  await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"subject": "people"', '"subject": "poeple"'));

  const { exitCode, stdout, stderr } = await runProgram("report", ready.places);

  expect(exitCode, stderr).toBe(0);
  const page = textOf(await readFile(stdout.trimEnd(), "utf8"));
  expect(page).toContain("people: 3 rows rejected; rows that 1 replay corrected since are among them|");
  expect(page).toContain("|transform|people, replay 001 of people|");
  expect(page).toContain("|✕|failed|extract people|: damaged, see the chain of manifests|");
  expect(page).toContain("|extract/people/manifest.json: its digest does not match its content|");
});

it("report says 66 where no run is, and makes nothing there", async () => {
  const ready = await rejected();
  const work = join(ready.work, "..", "elsewhere");

  const result = await runProgram("report", ["-m", ready.migration, "-w", work]);

  expect(result).toMatchObject({ exitCode: 66, stdout: "", stderr: expect.stringContaining("holds no run") });
  await expect(access(work)).rejects.toThrow();
});

interface Described {
  readonly properties?: Readonly<Record<string, Described>>;
  readonly anyOf?: readonly Described[];
  readonly items?: Described;
  readonly additionalProperties?: Described | boolean;
}

/** The paths of fields that a schema does not name. */
function undescribed(value: unknown, described: Described, path = ""): readonly string[] {
  const schema = described.anyOf?.find(({ properties }) => properties !== undefined) ?? described;
  if (Array.isArray(value)) return value.flatMap((one) => undescribed(one, schema.items ?? {}, `${path}[]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const own = schema.properties?.[name];
    if (own !== undefined) return undescribed(member, own, `${path}.${name}`);
    return typeof schema.additionalProperties === "object" && schema.properties === undefined
      ? []
      : [`${path}.${name}`];
  });
}
