import { rm } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startPostgres, testSettings } from "../../../scripts/embedded-postgres-server.js";
import { createDatabase } from "../../support/postgres.js";
import { type Piece, proxyBefore } from "../../support/proxy.js";
import { emptied, holdTable, type Ready, readyToLoad, stateOf, untilWaiting } from "./loading.js";

const sessions = "pg_stat_activity WHERE application_name = 'waybill/load' AND datname = current_database()";

/** A target that was loaded and emptied again, and what it looks like when nothing goes wrong. */
async function undisturbed(people: number): Promise<{ readonly ready: Ready; readonly whole: object }> {
  const ready = await readyToLoad({ people });
  expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
  const whole = await stateOf(ready.target);
  await startOver(ready);
  return { ready, whole };
}

async function startOver(ready: Ready): Promise<void> {
  await ready.target.query(emptied);
  await rm(ready.file("load", "", ""), { recursive: true });
}

const says = (piece: Piece, text: string) => piece.from === "client" && piece.bytes.includes(text);

describe("load ends as if nothing had happened", { timeout: 180_000 }, () => {
  it("when the network cuts a part off midway, or loses the answer to every COMMIT", async () => {
    const { ready, whole } = await undisturbed(30_000);
    const proxy = await proxyBefore(ready.target.url);
    const env = { WAYBILL_TARGET_URL: proxy.url };
    let cuts = 0;
    proxy.judge(({ from, sent }) => {
      if (cuts > 0 || from === "server" || sent < 100_000) return "pass";
      cuts += 1;
      return "cut";
    });

    const cut = await ready.stage("load", env);
    const afterCut = await stateOf(ready.target);
    await startOver(ready);
    const committing = new Set<number>();
    proxy.judge((piece) => {
      if (says(piece, "COMMIT")) committing.add(piece.connection);
      else if (piece.from === "server" && committing.delete(piece.connection)) return "cut";
      return "pass";
    });
    const lost = await ready.stage("load", env);

    expect([cuts, cut]).toMatchObject([1, { exitCode: 0 }]);
    expect(cut.stderr).toMatch(/^warning: .*was lost: .*; tried again in 0\.1 s$/m);
    expect(afterCut).toEqual(whole);
    expect(lost).toMatchObject({ exitCode: 0 });
    expect(await stateOf(ready.target)).toEqual(whole);
  });

  it("when an administrator ends its sessions; with --retry-for 0 it exits 75, and the same command finishes it", async () => {
    const { ready, whole } = await undisturbed(10);
    const release = await holdTable(ready.target);
    const { result } = ready.startLoad();
    await untilWaiting(ready.target);

    await ready.target.query(`SELECT pg_terminate_backend(pid) FROM ${sessions}`);
    await untilWaiting(ready.target);
    await ready.target.query(`SELECT pg_terminate_backend(pid) FROM ${sessions}`);
    await untilWaiting(ready.target);
    await release();
    const ended = await result;
    const afterEnded = await stateOf(ready.target);
    await startOver(ready);
    const again = await holdTable(ready.target);
    const impatient = ready.startLoad("--retry-for", "0");
    await untilWaiting(ready.target);
    await ready.target.query(`SELECT pg_terminate_backend(pid) FROM ${sessions}`);
    const refused = await impatient.result;
    await again();
    const finished = await ready.stage("load");

    expect(ended).toMatchObject({ exitCode: 0 });
    expect(afterEnded).toEqual(whole);
    expect(refused).toMatchObject({ exitCode: 75, stdout: "" });
    expect(refused.stderr).toContain("run the same command again");
    expect(finished).toMatchObject({ exitCode: 0 });
    expect(await stateOf(ready.target)).toEqual(whole);
  });

  it("when the server crashes and comes back", async () => {
    const [{ whole }, ready] = [await undisturbed(10), await readyToLoad({ people: 10 })];
    const server = await startPostgres({ settings: testSettings });
    onTestFinished(server.stop);
    const target = await createDatabase(ready.targetSql, server.url("postgres"));
    const env = { WAYBILL_TARGET_URL: target.url };
    const release = await holdTable(target);
    const result = ready.stage("load", env);
    await untilWaiting(target);

    const [backend] = await target.query(`SELECT pid FROM ${sessions}`);
    process.kill(Number(backend?.pid), "SIGKILL");
    await release().catch(() => undefined);

    expect(await result).toMatchObject({ exitCode: 0 });
    expect(await stateOf(target)).toEqual(whole);
  });

  it("when the network falls silent without a word", async () => {
    const { ready, whole } = await undisturbed(30_000);
    const proxy = await proxyBefore(ready.target.url);
    let hung: number | undefined;
    proxy.judge(({ connection, from, sent }) => {
      if (hung === undefined && from === "client" && sent > 100_000) hung = connection;
      return connection === hung ? "hang" : "pass";
    });

    const result = await ready.stage("load", { WAYBILL_TARGET_URL: proxy.url });

    expect([hung !== undefined, result]).toMatchObject([true, { exitCode: 0 }]);
    expect(result.stderr).toContain("no answer for 20 s");
    expect(await stateOf(ready.target)).toEqual(whole);
  });
});

describe("two loads at once", () => {
  it("of one migration: one works, the other exits 75 naming the process and since when", async () => {
    const ready = await readyToLoad();
    const release = await holdTable(ready.target);
    const { result } = ready.startLoad();
    await untilWaiting(ready.target);

    const second = await ready.stage("load");
    await release();
    const first = await result;

    expect(second).toMatchObject({ exitCode: 75, stdout: "" });
    expect(second.stderr).toMatch(
      /another run of M-1 holds this target: process \d+ for 127\.0\.0\.1, waybill\/load, since \d{4}-\S+ \S+\n/,
    );
    expect(first.exitCode).toBe(0);
  });

  it("of two migrations into one table, from two work directories: one works, the other exits 75", async () => {
    const ready = await readyToLoad();
    const other = await readyToLoad({
      files: { "migration.yaml": "migration: M-2\nextracts: { towns: {}, people: {} }\n" },
    });
    const release = await holdTable(ready.target);
    const { result } = ready.startLoad();
    await untilWaiting(ready.target);

    const second = await other.stage("load", "towns", { WAYBILL_TARGET_URL: ready.target.url });
    await release();
    const first = await result;

    expect(second).toMatchObject({ exitCode: 75, stdout: "" });
    expect(second.stderr).toMatch(/another run is loading public\.towns: process \d+ for \S+, waybill\/load, since/);
    expect(first.exitCode).toBe(0);
  });
});
