import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { emptied, readyToLoad, stateOf } from "./loading.js";

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
