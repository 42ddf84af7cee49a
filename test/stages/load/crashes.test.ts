import { readFile } from "node:fs/promises";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import type { TestDatabase } from "../../support/postgres.js";
import { readyToLoad, stateOf } from "./loading.js";

const emptied = `ALTER TABLE people DROP CONSTRAINT IF EXISTS people_town_fkey; TRUNCATE people, towns RESTART IDENTITY;
  ALTER TABLE people ADD FOREIGN KEY (town) REFERENCES towns; DELETE FROM waybill.loads; DELETE FROM waybill.generations`;

describe("load that was interrupted", () => {
  it("is finished by the same command, whenever it was killed", { timeout: 180_000 }, async () => {
    const ready = await readyToLoad({ people: 60_000 });
    const startedMs = performance.now();
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
    const wholeMs = performance.now() - startedMs;
    const undisturbed = await stateOf(ready.target);

    for (const share of [0.35, 0.5, 0.65, 0.8, 0.95]) {
      await ready.target.query(emptied);
      const { child, result } = ready.startLoad();
      setTimeout(() => child.kill("SIGKILL"), share * wholeMs);
      await result;

      const again = await ready.stage("load");

      expect([share, again]).toMatchObject([share, { exitCode: 0 }]);
      expect([share, await stateOf(ready.target)]).toEqual([share, undisturbed]);
    }
  });

  it("by a lost connection exits 75, and is finished by the same command", async () => {
    const ready = await readyToLoad();
    const release = await holdTable(ready.target);
    const { result } = ready.startLoad();
    await untilWaiting(ready.target);

    await ready.target.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waybill/load' AND datname = current_database()",
    );
    const lost = await result;
    await release();
    const again = await ready.stage("load");

    expect(lost).toMatchObject({ exitCode: 75, stdout: "" });
    expect(lost.stderr).toContain("run the same command again");
    expect(again.exitCode).toBe(0);
    expect(await ready.target.count("people")).toBe(10);
    expect(await ready.target.count("waybill.definitions")).toBe(0);
  });

  it("a second run meanwhile exits 75 and names the first", async () => {
    const ready = await readyToLoad();
    const release = await holdTable(ready.target);
    const { result } = ready.startLoad();
    await untilWaiting(ready.target);

    const second = await ready.stage("load");
    await release();
    const first = await result;

    expect(second).toMatchObject({ exitCode: 75, stdout: "" });
    expect(second.stderr).toMatch(/another run of M-1 holds this target: process \d+, waybill\/load/);
    expect(first.exitCode).toBe(0);
  });

  it("between a table and its indexes is made whole even where nothing is left to load", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const whole = await stateOf(ready.target);
    const manifest = await readFile(ready.file("load", "people", "manifest.json"));
    await ready.target.query(
      `INSERT INTO waybill.definitions (migration, kind, table_name, name, steps)
        SELECT 'M-1', 'index', 'public.people', 'people_name', json_build_array(indexdef) FROM pg_indexes WHERE indexname = 'people_name';
      DROP INDEX people_name`,
    );

    const again = await ready.stage("load");

    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain(
      "restored what an interrupted run had taken away: index people_name of public.people",
    );
    expect(await stateOf(ready.target)).toEqual(whole);
    expect(await readFile(ready.file("load", "people", "manifest.json"))).toEqual(manifest);
  });
});

/** Somebody else reads `people` in a long transaction: load has to wait where it empties the table. */
async function holdTable(target: TestDatabase): Promise<() => Promise<void>> {
  const client = new pg.Client(target.url);
  client.on("error", () => undefined); // the database is dropped while it is connected
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN; LOCK TABLE towns IN ACCESS SHARE MODE");
  return async () => void (await client.query("COMMIT"));
}

async function untilWaiting(target: TestDatabase): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const waiting = await target.count(
      "pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    if (waiting > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("load never came to wait");
}
