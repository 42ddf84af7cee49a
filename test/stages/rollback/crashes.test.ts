import { describe, expect, it } from "vitest";
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
