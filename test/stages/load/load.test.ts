import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readyToLoad } from "./loading.js";

describe("load", () => {
  it("puts every row into the target, and says what it committed", async () => {
    const ready = await readyToLoad({ people: 10 });

    const result = await ready.stage("load");

    expect(result).toMatchObject({
      exitCode: 0,
      stdout: `${ready.file("load", "towns", "manifest.json")}\n${ready.file("load", "people", "manifest.json")}\n`,
    });
    expect(result.stderr).toMatch(/load people: 10 rows in 1 part, \d+\.\d s/);
    expect(await ready.target.query("SELECT id, name, town FROM people WHERE id IN (4, 5, 6, 7) ORDER BY id")).toEqual([
      { id: "4", name: 'Léa, "the\n2nd"', town: "1" },
      { id: "5", name: "", town: "2" },
      { id: "6", name: "\\N", town: "1" },
      { id: "7", name: null, town: "2" },
    ]);
    const manifest = JSON.parse(await readFile(ready.file("load", "people", "manifest.json"), "utf8"));
    expect(manifest._waybill).toMatchObject({
      stage: "load",
      counts: { written: 10, loaded: 10, quarantined: 0, before: 0, target: 10 },
      inputs: [{ path: "transform/people/manifest.json" }],
    });
    const [line] = await ready.target.query("SELECT * FROM waybill.loads WHERE table_name = 'public.people'");
    const commits = gunzipSync(await readFile(ready.file("load", "people", "commits.csv.gz"))).toString();
    expect(commits).toBe(`part,hash,rows,generation\n${line?.part},${line?.hash},10,${line?.generation}\n`);
  });
});
