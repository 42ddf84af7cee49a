import { describe, expect, it, onTestFinished } from "vitest";
import type { OpenOptions } from "../../../../../lib/databases/open-target.js";
import { sql } from "../../../../../lib/databases/postgres/identifiers.js";
import { openSessions } from "../../../../../lib/databases/postgres/load/sessions.js";
import { createDatabase } from "../../../../support/postgres.js";
import { type Piece, proxyBefore } from "../../../../support/proxy.js";
import { rejection } from "./loading.js";

/** Sessions on a database of our own, behind a proxy. */
async function disturbed(options: Partial<OpenOptions> = {}) {
  const database = await createDatabase("CREATE TABLE t (n integer)");
  const proxy = await proxyBefore(database.url);
  const retries: string[] = [];
  const sessions = await openSessions(proxy.url, {
    application: "waybill/test",
    onRetry: (sentence) => retries.push(sentence),
    ...options,
  });
  onTestFinished(async () => {
    await sessions.close();
    await database.drop();
  });
  return { database, proxy, sessions, retries };
}

const says = (piece: Piece, text: string) => piece.from === "client" && piece.bytes.includes(text);

describe("a session that outlives its connection", () => {
  it("does what is tried again over another connection, and holds its locks there first", async () => {
    const { database, sessions, retries } = await disturbed();
    await sessions.hold(async (connection) => void (await connection.query(sql`SELECT pg_advisory_lock(7)`)));
    const lost = sessions.main.processId;

    const locks = await sessions.retry("count locks", async () => {
      if (sessions.main.processId === lost) await database.query(`SELECT pg_terminate_backend(${lost})`);
      return await sessions.main.query(sql`SELECT count(*) AS count FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_backend_pid()`);
    });

    expect(locks).toEqual([{ count: "1" }]);
    expect(sessions.main.processId).not.toBe(lost);
    expect(retries).toHaveLength(1);
    expect(retries[0]).toMatch(/^count locks: .*; tried again in 0.1 s$/);
  });

  it("fails when somebody else took the lock meanwhile, and does not try that again", async () => {
    const { database, sessions } = await disturbed();
    const refused = new Error("held by process 7");
    let times = 0;
    await sessions.hold(async () => {
      times += 1;
      if (times > 1) throw refused;
    });

    const error = await rejection(
      sessions.retry("anything", async () => {
        await database.query(`SELECT pg_terminate_backend(${sessions.main.processId})`);
        return await sessions.main.query(sql`SELECT 1`);
      }),
    );

    expect([error, times]).toEqual([refused, 2]);
  });

  it("a transaction whose COMMIT was done and not answered counts as done, once", async () => {
    const { database, proxy, sessions } = await disturbed();
    let committing = false;
    proxy.judge((piece) => {
      if (says(piece, "COMMIT")) committing = true;
      else if (committing && piece.from === "server") {
        committing = false;
        return "cut";
      }
      return "pass";
    });

    const result = await sessions.main.transaction(async () => {
      await sessions.main.execute(sql`INSERT INTO t VALUES (1)`);
      return "what it came to";
    });

    expect([result, await database.count("t")]).toEqual(["what it came to", 1]);
  });

  it("a transaction whose COMMIT never arrived is not done, and done when it is tried again", async () => {
    const { database, proxy, sessions } = await disturbed();
    let cuts = 0;
    proxy.judge((piece) => {
      if (cuts > 0 || !says(piece, "COMMIT")) return "pass";
      cuts += 1;
      return "cut";
    });
    let times = 0;

    await sessions.retry("insert", () =>
      sessions.main.transaction(async () => {
        times += 1;
        await sessions.main.execute(sql`INSERT INTO t VALUES (1)`);
      }),
    );

    expect([times, await database.count("t")]).toEqual([2, 1]);
  });

  it("a network that swallows everything is noticed, and what waits goes on over another connection", async () => {
    const { database, proxy, sessions } = await disturbed({ silenceMs: 300 });
    proxy.judge((piece) => (piece.connection === 1 && says(piece, "INSERT") ? "hang" : "pass"));

    await sessions.retry("insert", () => sessions.main.execute(sql`INSERT INTO t VALUES (1)`));

    expect(await database.count("t")).toBe(1);
  });

  it("an answer to COMMIT that is swallowed without a word counts as well", async () => {
    const { database, proxy, sessions } = await disturbed({ silenceMs: 300 });
    let committing = false;
    proxy.judge((piece) => {
      committing ||= says(piece, "COMMIT");
      return committing && piece.connection === 1 && piece.from === "server" ? "hang" : "pass";
    });

    await sessions.main.transaction(() => sessions.main.execute(sql`INSERT INTO t VALUES (1)`));

    expect(await database.count("t")).toBe(1);
  });

  it("a statement that takes its time is left alone, however silent it is", async () => {
    const { sessions, retries } = await disturbed({ silenceMs: 200 });

    const rows = await sessions.retry("sleep", () => sessions.main.query(sql`SELECT pg_sleep(1.5) IS NULL AS slept`));

    expect([rows, retries]).toEqual([[{ slept: "f" }], []]);
  });

  it("a network that stays silent is not waited for: it gives up, and whatever comes after fails at once", async () => {
    const { proxy, sessions } = await disturbed({ silenceMs: 300, retryMs: 1_000 });
    proxy.judge(() => "hang");
    const startedMs = performance.now();

    const error = await rejection(sessions.retry("insert", () => sessions.main.execute(sql`INSERT INTO t VALUES (1)`)));
    const secondMs = performance.now();
    const second = await rejection(sessions.retry("restore", () => sessions.main.query(sql`SELECT 1`)));

    expect(error).toMatchObject({ kind: "temporary", message: expect.stringMatching(/^insert: tried \d times in/) });
    expect(second).toMatchObject({ kind: "temporary" });
    expect(performance.now() - secondMs).toBeLessThan(200);
    expect(secondMs - startedMs).toBeLessThan(15_000);
  });

  it("gives up when the budget is used up, saying how often it tried", async () => {
    const { proxy, sessions } = await disturbed({ retryMs: 500 });
    proxy.judge(() => "cut");

    const error = await rejection(sessions.retry("look", () => sessions.main.query(sql`SELECT 1`)));

    expect(error).toMatchObject({
      kind: "temporary",
      message: expect.stringMatching(/^look: tried [23] times in 0\.\d s/),
    });
  });
});

describe("workers", () => {
  it("that lose their connection midway begin their item again over another one", async () => {
    const { database, sessions } = await disturbed();
    let kills = 0;

    await sessions.each([1, 2, 3, 4], 2, async (connection, item) => {
      await connection.transaction(async () => {
        await connection.execute(sql`INSERT INTO t VALUES ($1)`, [String(item)]);
        if (item === 3 && kills === 0) {
          kills += 1;
          await database.query(`SELECT pg_terminate_backend(${connection.processId})`);
        }
        await connection.query(sql`SELECT 1`);
      });
    });

    expect(await database.query("SELECT n FROM t ORDER BY n")).toEqual(["1", "2", "3", "4"].map((n) => ({ n })));
  });

  it("that lock one another out are both done: the server ends one, and it is tried again", async () => {
    const { database, sessions, retries } = await disturbed();
    await database.query("INSERT INTO t VALUES (1), (2)");

    await sessions.each([1, 2], 2, async (connection, item) => {
      await connection.transaction(async () => {
        for (const n of [item, 3 - item]) {
          await connection.execute(sql`UPDATE t SET n = n WHERE n = $1`, [String(n)]);
          if (retries.length === 0) await connection.query(sql`SELECT pg_sleep(0.3)`);
        }
      });
    });

    expect(retries).toEqual([expect.stringContaining("(40P01)")]);
  });
});
