import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Ready, readyToLoad } from "../load/loading.js";

const confirm = ["--confirm", "M-1"];

const upserted = {
  "people.yaml":
    "table: people\nfrom: people\ncolumns:\n  id: id\n  name: name\n  town: town\nload: { mode: upsert }\n" +
    "expect:\n  - relationships: { column: town, to: towns.id }\n",
  "towns.yaml": "table: towns\nfrom: towns\ncolumns:\n  id: id\n  name: name\nload: { mode: upsert }\n",
};

const inhabited = `INSERT INTO towns VALUES (1, 'Bergen'), (2, 'Oslo'), (7, 'Riga');
  INSERT INTO people (id, name, town) VALUES (3, 'Ada', 7), (4, 'Léa', 2), (70, NULL, 1)`;

const rowsOf = async ({ target }: Ready) => ({
  towns: await target.query("SELECT * FROM towns ORDER BY id"),
  people: await target.query("SELECT * FROM people ORDER BY id"),
});

async function undoFile(ready: Ready): Promise<string> {
  const folder = join(ready.work, "load", "people");
  const name = (await readdir(folder)).find((one) => one.startsWith("undo"));
  return join(folder, String(name));
}

describe("rollback of rows that were merged", () => {
  it("leaves what was there before, with rows of others beside it, once and for all", async () => {
    const ready = await readyToLoad({ files: upserted, targetSql: inhabited });
    const before = await rowsOf(ready);
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
    await ready.target.query("UPDATE people SET name = 'not of the load' WHERE id = 70");

    const results = [await ready.stage("rollback", ...confirm), await ready.stage("rollback", ...confirm)];

    expect(results).toMatchObject([
      { exitCode: 0 },
      { exitCode: 0, stderr: expect.stringContaining("already rolled back") },
    ]);
    expect(results[0]?.stderr).toMatch(
      /rollback people: 8 rows went, 2 rows came back, checksum [0-9a-f]{8}… as it was; it holds 3 now/,
    );
    await ready.target.query("UPDATE people SET name = NULL WHERE id = 70");
    expect(await rowsOf(ready)).toEqual(before);
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
  });

  it("goes back to the load before, which then cannot be taken back", async () => {
    const ready = await readyToLoad({ files: upserted });
    await ready.stage("load");
    const before = await rowsOf(ready);
    await ready.rewrite("people.yaml", (text) => text.replace("name: name", "name: { from: name, upper: true }"));
    await ready.stage("transform");
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });

    await ready.stage("rollback", "people", ...confirm);
    await ready.stage("rollback", "people", ...confirm);

    expect(await rowsOf(ready)).toEqual(before);
  });

  it("refuses where the file of the former rows is gone or was changed, naming it", async () => {
    const ready = await readyToLoad({ files: upserted, targetSql: inhabited });
    await ready.stage("load");
    const now = await rowsOf(ready);
    const path = await undoFile(ready);
    const content = await readFile(path);

    await writeFile(path, gzipSync("_change,_after,id,name,town,seen\ninserted,,1,,,\n"));
    const changed = await ready.stage("rollback", ...confirm);
    await writeFile(path, content.subarray(0, content.length - 9));
    const cut = await ready.stage("rollback", ...confirm);
    await rm(path);
    const gone = await ready.stage("rollback", ...confirm);

    expect([changed, cut, gone]).toMatchObject([{ exitCode: 65 }, { exitCode: 65 }, { exitCode: 66 }]);
    for (const { stderr } of [changed, cut, gone]) expect(stderr).toContain(path);
    expect(await rowsOf(ready)).toEqual(now);
    await writeFile(path, content);
    expect(await ready.stage("rollback", ...confirm)).toMatchObject({ exitCode: 0 });
  });

  it("refuses rows that others changed, without showing what is marked pii, and saves them when asked to", async () => {
    const files = {
      ...upserted,
      "people.yaml": upserted["people.yaml"].replace("id: id", "id: { from: id, pii: true }"),
    };
    const ready = await readyToLoad({ files });
    await ready.stage("load");
    await ready.target.query("UPDATE people SET name = 'secret' WHERE id = 7; DELETE FROM people WHERE id = 9");

    const refused = await ready.stage("rollback", "people", ...confirm);
    const saved = await ready.stage("rollback", "people", ...confirm, "--save-changes");

    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /people: since it was loaded, 1 row was changed \(id: sha256:[0-9a-f]{16}\), and 1 row was deleted; nothing was taken back/,
    );
    expect(saved).toMatchObject({ exitCode: 0 });
    expect(`${refused.stderr}${saved.stderr}`).not.toContain("secret");
    expect(await ready.target.count("people")).toBe(0);
    const shown = await ready.stage("inspect", ready.file("rollback", "people", "changes.csv.gz"), "--format", "csv");
    expect(shown.stdout).toMatch(/changed,7,secret,.*\ndeleted,9,\\N,/);
  });

  it("of a unit takes its row and its parents back, and then the load below it can go", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    await ready.target.query("UPDATE people SET name = 'wrong' WHERE id = 4");
    const before = await rowsOf(ready);
    const unit = ["people", "--key", "4"];
    for (const stage of ["extract", "transform", "load"])
      expect(await ready.stage(stage, ...unit)).toMatchObject({ exitCode: 0 });

    const below = await ready.stage("rollback", ...confirm);
    const first = await ready.stage("rollback", ...unit, ...confirm);
    const after = await rowsOf(ready);
    const second = await ready.stage("rollback", ...unit, ...confirm);

    expect(below).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("unit:people-4 of M-1") });
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("units/people-4/rollback/people/manifest.json"),
    });
    expect(after).toEqual(before);
    expect(second).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("rollback people: already rolled back"),
    });
    expect(await ready.stage("rollback", ...confirm, "--save-changes")).toMatchObject({ exitCode: 0 });
    expect(await ready.target.count("people")).toBe(0);
  });
});
