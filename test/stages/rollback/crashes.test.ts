import { describe, expect, it, onTestFinished } from "vitest";
import { openTarget } from "../../../lib/databases/open-target.js";
import type { TestDatabase } from "../../support/postgres.js";
import { startProgram } from "../../support/program.js";
import { readyToLoad } from "../load/loading.js";

const confirm = ["--confirm", "M-1"];

const stateOf = (target: TestDatabase): Promise<readonly object[]> =>
  target.query(`SELECT count(*) AS rows, md5(string_agg(p::text, ';' ORDER BY id)) AS people,
    (SELECT string_agg(t::text, ';' ORDER BY id) FROM towns t) AS towns,
    (SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public') AS indexes,
    (SELECT string_agg(conname || pg_get_constraintdef(oid) || convalidated, ';' ORDER BY conname) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace) AS constraints FROM people p`);

describe("rollback that was killed", () => {
  it("is finished by the same command, whenever that was, and never goes two steps", { timeout: 240_000 }, async () => {
    const ready = await readyToLoad({ people: 20_000 });
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
    const before = await stateOf(ready.target);
    await ready.rewrite("people.yaml", (text) => text.replace("name: name", "name: { from: name, upper: true }"));
    expect(await ready.stage("transform")).toMatchObject({ exitCode: 0 });
    const options = { env: ready.env, timeoutMs: 50_000 };
    let wholeMs = 0;

    for (const share of [2, 0.4, 0.55, 0.7, 0.85, 0.95]) {
      expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
      const startedMs = performance.now();
      const { child, result } = startProgram("rollback", ["people", ...confirm, ...ready.places], options);
      const timer = share > 1 ? undefined : setTimeout(() => child.kill("SIGKILL"), share * wholeMs);
      await result;
      clearTimeout(timer);
      if (share > 1) wholeMs = performance.now() - startedMs;

      const again = await ready.stage("rollback", "people", ...confirm);

      expect([share, again]).toMatchObject([share, { exitCode: 0, stdout: expect.stringContaining("manifest.json") }]);
      expect([share, await stateOf(ready.target)]).toEqual([share, before]);
    }
  });
});

describe("rollback", () => {
  it("brings back what an interrupted load had left aside", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const [before] = await stateOf(ready.target);
    await ready.target.query(
      `INSERT INTO waybill.definitions (migration, kind, table_name, name, steps)
        SELECT 'M-1', 'index', 'public.people', 'people_name', json_build_array(indexdef) FROM pg_indexes WHERE indexname = 'people_name';
      DROP INDEX people_name`,
    );

    expect(await ready.stage("rollback", ...confirm)).toMatchObject({ exitCode: 0 });

    expect(await stateOf(ready.target)).toEqual([{ ...before, rows: "0", people: null, towns: null }]);
    expect(await ready.target.count("waybill.definitions")).toBe(0);
  });

  it("exits 75 and names who loads the tables meanwhile", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const holder = await openTarget(ready.target.url, { application: "waybill/load" });
    onTestFinished(() => holder.close());
    await holder.lock("M-9", ["people"]);

    const result = await ready.stage("rollback", ...confirm);

    expect(result).toMatchObject({ exitCode: 75, stdout: "" });
    expect(result.stderr).toMatch(/another run is loading public.people: process \d+.*waybill\/load/);
    expect(await ready.target.count("people")).toBe(10);
  });

  it("can be done by an owner who is no superuser", async () => {
    const ready = await readyToLoad();
    const role = `owner_of_${ready.target.name}`;
    await ready.target.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE ${ready.target.name} TO ${role};
      GRANT ALL ON SCHEMA public TO ${role}; ALTER TABLE towns OWNER TO ${role}; ALTER TABLE people OWNER TO ${role}`);
    onTestFinished(async () => {
      await ready.target.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    });
    const env = {
      WAYBILL_TARGET_URL: Object.assign(new URL(ready.target.url), { username: role, password: "x" }).href,
    };
    expect(await ready.stage("load", env)).toMatchObject({ exitCode: 0 });

    expect(await ready.stage("rollback", ...confirm, env)).toMatchObject({ exitCode: 0 });

    expect(await ready.target.count("people")).toBe(0);
  });
});
