import { expect, it } from "vitest";
import { openEngine } from "../../../lib/engine/duckdb.js";
import { sql } from "../../../lib/mapping/sql.js";

it("an engine closes its connections, so that their memory is free at once", async () => {
  const engine = await openEngine({ folders: [] });
  const connection = await engine.connect();
  await connection.run(sql`CREATE TABLE numbers AS FROM range(10)`);

  engine.close();

  await expect(connection.rows(sql`SELECT count(*) FROM numbers`)).rejects.toThrow();
});

it("an engine lets a statement end that still runs when it is closed", async () => {
  const engine = await openEngine({ folders: [] });
  const running = (await engine.connect()).rows(sql`SELECT sum(range) FROM range(20_000_000)`);

  engine.close();

  expect(await running).toEqual([["199999990000000"]]);
});

it("an engine holds no more than it may, and says so", async () => {
  const engine = await openEngine({ folders: [], memoryMegabytes: 16 });
  const connection = await engine.connect();

  const tooMuch = connection.run(sql`CREATE TABLE numbers AS SELECT range, md5(range::VARCHAR) FROM range(2_000_000)`);

  await expect(tooMuch).rejects.toMatchObject({ kind: "disk" });
  engine.close();
});
