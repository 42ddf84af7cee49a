import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { createDatabase } from "../../support/postgres.js";
import { manifestIn } from "../stage-files.js";
import { type Loaded, loadedMigration } from "../validate/loaded.js";
import type { Story } from "./traced.js";

// Without relationships, so that rejects can be replayed, and with no key but the target's own.
const plain = `table: people
columns:
  id: id
  name: { from: name, trim: true, required: true }
dedupe: { by: [id], keep: latest, order: [updated_at] }
`;

async function trace({ run }: Loaded, table: string, key: string, ...words: readonly string[]) {
  const result = await run("trace", [table, "--key", key, "--json", ...words]);
  const rows: readonly Story[] = result.stdout === "" ? [] : JSON.parse(result.stdout).rows;
  return { ...result, rows };
}

it("trace names the commit that loaded a row, and the row of the target that is equal to it by its types", async () => {
  const migration = await loadedMigration();
  await migration.target.query(
    "UPDATE people SET price = 15.000, joined = joined AT TIME ZONE 'Asia/Tokyo' AT TIME ZONE 'Asia/Tokyo' WHERE id = 10",
  );

  const { exitCode, rows } = await trace(migration, "people", "10");
  const text = (await migration.run("trace", ["people", "--key", "10"])).stdout;

  const { _waybill } = await manifestIn(join(migration.work, "load/people"));
  expect(exitCode).toBe(0);
  expect(rows[0].load).toEqual({
    kind: "loaded",
    part: "part-00000.csv.gz",
    rowCount: 58,
    generation: _waybill.details.generation,
  });
  expect(rows[0].target).toMatchObject({ kind: "equal", row: { id: "10", price: "15.000", name: "person 10" } });
  expect(text).toContain('The target holds it now, equal in every column.\n  price: "15.000"\n');
});

it("trace exits 1 where the target holds another row than was loaded, and names columns, not values, on stderr", async () => {
  const migration = await loadedMigration();
  await migration.target.query(`UPDATE people SET note = 'secret 4711', price = price + 0.01 WHERE id = 11`);

  const { exitCode, rows, stderr } = await trace(migration, "people", "11");
  const told = await migration.run("trace", ["people", "--key", "11"]);

  expect(exitCode).toBe(1);
  expect(rows[0].target).toMatchObject({
    kind: "changed",
    row: { note: "secret 4711" },
    columns: [
      { column: "price", loaded: "16.50", now: "16.51" },
      { column: "note", loaded: null, now: "secret 4711" },
    ],
  });
  expect(stderr).toContain("people: the target holds other values than were loaded in price and note");
  expect(stderr).not.toContain("4711");
  expect(told.stdout).toContain('The target holds another row now:\n  price: "16.51", and not "16.50"\n');
});

it("trace exits 1 where a row that was loaded is gone, also from a table that nothing gives a key", async () => {
  const migration = await loadedMigration({ "people.yaml": plain });
  await migration.target.query("DELETE FROM people WHERE id = 12");

  const gone = await trace(migration, "people", "12");
  await migration.target.query("ALTER TABLE people DROP CONSTRAINT people_boss_fkey, DROP CONSTRAINT people_pkey");
  const unpaired = await trace(migration, "people", "12");
  const there = await trace(migration, "people", "13");

  expect(gone).toMatchObject({ exitCode: 1, rows: [{ target: { kind: "missing" } }] });
  expect(gone.stderr).toContain("people: the target does not hold the row that was loaded");
  expect(unpaired).toMatchObject({ exitCode: 1, rows: [{ target: { kind: "missing" } }] });
  expect(there).toMatchObject({ exitCode: 0, rows: [{ target: { kind: "equal", row: null } }] });
});

it("trace says plainly that a target cannot be reached, and refuses one that is not the run's", async () => {
  const migration = await loadedMigration();
  const other = await createDatabase();
  const asked = (url: string) => migration.run("trace", ["people", "--key", "10"], { WAYBILL_TARGET_URL: url });

  const [away, wrong] = [await asked("postgresql://127.0.0.1:1/none"), await asked(other.url)];
  const left = await trace(migration, "people", "10", "--no-target");
  await other.drop();

  expect(away).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("What the target holds now is not known: cannot connect to 127.0.0.1:1/none"),
  });
  expect(wrong).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("belongs to the target") });
  expect(left.rows[0].target).toEqual({ kind: "not asked", why: "left out, as --no-target asks" });
});

it("trace tells that a row was mapped anew since it was loaded, and asks nothing of the target", async () => {
  const migration = await loadedMigration();
  const file = join(migration.specification, "people.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace("trim: true,", "trim: true, upper: true,"));
  await migration.run("transform");

  const { exitCode, rows } = await trace(migration, "people", "10");

  expect(exitCode).toBe(0);
  expect(rows[0]).toMatchObject({
    load: { kind: "not loaded", why: expect.stringContaining("another transform") },
    target: { kind: "not asked" },
  });
});

it("trace names the unit that upserted the row which is there instead of the one that was loaded", async () => {
  const migration = await loadedMigration({ "people.yaml": `${plain}key: [id]\n` });
  await migration.source.query("UPDATE people SET name = 'Grace' WHERE id = 10");
  const unit = await migration.run("run", ["people", "--key", "10"]);

  const { exitCode, rows, stderr } = await trace(migration, "people", "10");
  const { stdout } = await migration.run("trace", ["people", "--key", "10"]);
  const other = await trace(migration, "people", "11");

  expect(unit.exitCode, unit.stderr).toBe(0);
  expect(exitCode).toBe(1);
  expect(rows[0]).toMatchObject({ source: { name: "person 10" }, target: { kind: "changed", unit: "people-10" } });
  expect(stderr).toContain("in name, which the unit people-10 upserted by itself");
  expect(stdout).toContain("That is the row which the unit people-10 upserted by itself.");
  expect(other).toMatchObject({ exitCode: 0, rows: [{ target: { kind: "equal" } }] });
});

it("trace tells that a load was taken back", async () => {
  const migration = await loadedMigration();
  const { exitCode, stderr } = await migration.run("rollback", ["--confirm", "TEST-1"]);

  const { rows } = await trace(migration, "people", "10");

  expect(exitCode, stderr).toBe(0);
  expect(rows[0].load).toEqual({ kind: "not loaded", why: "its load was taken back, and none has finished since" });
});

it("trace tells a corrected reject's second life after its first, up to the row in the target", async () => {
  const migration = await loadedMigration({ "people.yaml": plain });
  const corrected = join(migration.folder, "corrected.csv");
  await migration.run("rejects", ["people", "--export", corrected]);
  const [header = [], ...lines] = parseRows(await readFile(corrected, "utf8"));
  const mended = lines.map((row) => row.map((value, at) => (header[at] === "name" ? " Grace " : value)));
  await writeFile(corrected, [header, ...mended].map(encodeRow).join(""));
  await migration.run("rejects", ["replay", "people", corrected]);
  expect((await migration.run("load")).stderr).toContain("people");

  const { exitCode, rows, stderr } = await trace(migration, "people", "7");
  const { stdout } = await migration.run("trace", ["people", "--key", "7"]);

  expect(exitCode, stderr).toBe(0);
  expect(rows).toMatchObject([
    { replay: null, disposition: "rejected", rule: "name.required", load: { kind: "not written" } },
    {
      replay: "001",
      key: "7",
      occurrence: "1",
      disposition: "written",
      read: { file: "replays/people/001/extract/people/part-00000.csv.gz", row: 1, line: 2 },
      source: { name: " Grace " },
      row: { id: "7", name: "Grace" },
      load: { kind: "loaded", part: "replay-001/part-00000.csv.gz" },
      target: { kind: "equal", row: { name: "Grace" } },
    },
  ]);
  expect(Object.keys(rows[1].source)).not.toContain("_key");
  expect(stdout).toContain(
    'with the key "7", occurrence 1, as it was corrected for replay 001 (found by its source key',
  );
});

it("trace names the constraint by which the database refused a row, and where load put it aside", async () => {
  const migration = await loadedMigration({ "people.yaml": `${plain}load: { on_reject: quarantine }\n` });
  await migration.target.query("ALTER TABLE people ADD CONSTRAINT nobody_ten CHECK (id <> 10) NOT VALID");
  const { exitCode, stderr } = await migration.run("load", ["--force"]);

  const { rows } = await trace(migration, "people", "10");
  const { stdout } = await migration.run("trace", ["people", "--key", "10"]);
  const other = await trace(migration, "people", "11");

  expect(exitCode, stderr).toBe(0);
  expect(rows[0].load).toMatchObject({
    kind: "quarantined",
    constraint: "nobody_ten",
    code: "23514",
    file: { file: "load/people/rejects.csv.gz", row: 1, line: 2 },
  });
  expect(rows[0].target).toMatchObject({ kind: "not asked" });
  expect(stdout).toContain("The target refused it (nobody_ten): ");
  expect(other).toMatchObject({ exitCode: 0, rows: [{ load: { kind: "loaded" }, target: { kind: "equal" } }] });
});
