import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runProgram } from "../../support/program.js";
import { manifestIn, snapshotOf } from "../stage-files.js";
import { columnsNamed } from "../transform/extracted.js";
import { readMapped } from "../transform/mapped.js";
import { readyToMap } from "../transform/ready.js";
import { people, rejected, rows } from "./replaying.js";

const replayOf = (work: string, name = "001") => join(work, "replays/people", name);

it("replay maps corrected rows through the same mapping in a folder of its own, and touches nothing of the run", async () => {
  const { work, file, correct, reject } = await rejected();
  await correct({ 2: { born: "28/02/1999" }, 3: { name: "Bo" }, 4: { born: "still wrong" } });
  const before = await snapshotOf(join(work, "transform"));

  const { exitCode, stdout, stderr } = await reject("replay", "people", file);

  expect(exitCode, stderr).toBe(0);
  expect(stdout.trim()).toBe(join(replayOf(work), "transform/people/manifest.json"));
  expect(stderr).toContain("replay 001 wrote 2 of 3 rows, 1 rejected again");
  expect(stderr).toContain("waybill load people");
  const { output, ledger, rejects, manifest } = await readMapped(replayOf(work), "people");
  expect(output).toEqual([
    ["2", "Ben", "1999-02-28"],
    ["3", "Bo", "2000-01-01"],
  ]);
  expect(ledger.map(({ extract, key, occurrence, disposition }) => [extract, key, occurrence, disposition])).toEqual([
    ["people", "2", "1", "written"],
    ["people", "3", "1", "written"],
    ["people", "4", "1", "rejected"],
  ]);
  expect(rejects).toHaveLength(1);
  expect(manifest._waybill.counts).toMatchObject({ read: 3, rejected: 1, written: 2 });
  expect(await snapshotOf(join(work, "transform"))).toEqual(before);
});

it("replay of the same rows again is up to date, of rows that are rejected again a replay after it", async () => {
  const { work, file, correct, reject } = await rejected();
  await correct({ 2: { born: "28/02/1999" }, 3: "left out", 4: { born: "still wrong" } });
  await reject("replay", "people", file);
  const before = await snapshotOf(replayOf(work));

  const again = await reject("replay", "people", file);
  expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("up to date") });
  expect(await snapshotOf(replayOf(work))).toEqual(before);

  await correct({ 2: "left out", 3: "left out", 4: { born: "01/01/1999" } });
  const second = await reject("replay", "people", file);
  expect(second.stderr).toContain("replay 002 wrote 1 of 1 row");

  await correct({ 2: { born: "27/02/1999" }, 3: "left out", 4: "left out" });
  const third = await reject("replay", "people", file);
  expect(third).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining("line 2: replay 001 has corrected this row already"),
  });
  expect(await readdir(join(work, "replays/people"))).toEqual(["001", "002"]);
});

it("replay refuses a file with all that is wrong in it, by line, and writes nothing", async () => {
  const { work, file, correct, reject } = await rejected();
  await correct({ 2: { id: "22" }, 4: { _key: "5" } });
  const text = await readFile(file, "utf8");
  await appendFile(file, `${text.split("\n")[2]}\nx,y\n`);

  const { exitCode, stderr } = await reject("replay", "people", file);

  expect(exitCode).toBe(65);
  expect(stderr).toContain("line 2: its key id was changed");
  expect(stderr).toContain("line 4: no rejected row has its _extract, _key and _occurrence");
  expect(stderr).toContain("line 5: the row of line 3 comes a second time");
  expect(stderr).toContain("line 6: 2 values for 8 columns");
  await writeFile(file, text.replace("born", "bron"));
  const renamed = await reject("replay", "people", file);
  expect(renamed.exitCode).toBe(65);
  expect(renamed.stderr).toContain("line 1: it has no column born");
  expect(renamed.stderr).toContain("did you mean born?");
  await writeFile(file, text.split("\n")[0] ?? "");
  expect(await reject("replay", "people", file)).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining("holds no row"),
  });
  expect(await reject("replay", "people", `${file}.none`)).toMatchObject({ exitCode: 66 });
  expect((await readdir(join(work, "replays/people")).catch(() => [])).filter((name) => !name.startsWith("."))).toEqual(
    [],
  );
});

it("replay reads what a spreadsheet saves: a byte order mark and CRLF", async () => {
  const { work, file, correct, reject } = await rejected();
  await correct({ 2: { born: "28/02/1999" }, 3: "left out", 4: "left out" });
  await writeFile(file, `\ufeff${(await readFile(file, "utf8")).replaceAll("\n", "\r\n")}`);

  const { exitCode, stderr } = await reject("replay", "people", file);

  expect(exitCode, stderr).toBe(0);
  expect((await readMapped(replayOf(work), "people")).output).toEqual([["2", "Ben", "1999-02-28"]]);
});

it("replay rejects a row whose target key is written already, by the run or by an earlier replay", async () => {
  const mapping = people.replace("id: id", "id: { from: id, map: { 2: 1, 3: 7, 4: 7 }, otherwise: keep }");
  const { work, file, correct, reject } = await rejected({ mapping });
  await correct({ 2: { born: "28/02/1999" }, 3: { name: "Bo" }, 4: "left out" });
  await reject("replay", "people", file);
  await correct({ 2: "left out", 3: "left out", 4: { born: "01/01/2001" } });
  await reject("replay", "people", file);

  const [first, second] = [
    await readMapped(replayOf(work), "people"),
    await readMapped(replayOf(work, "002"), "people"),
  ];
  expect(first.output).toEqual([["7", "Bo", "2000-01-01"]]);
  expect(first.rejects.map(([rule, reason]) => [rule, reason])).toEqual([
    ["replay", "its target key is written already"],
  ]);
  expect(second.output).toEqual([]);
  expect(second.rejects.map(([rule]) => rule)).toEqual(["replay"]);
});

it("replay keeps rows with equal keys apart by their occurrence, and lets a row without a key be corrected anywhere", async () => {
  const twins = [...rows, ["5", "Eve", "x"], ["5", "Fay", "y"]];
  const { work, file, correct, reject } = await rejected({ held: twins, mapping: people.replace("key: [id]\n", "") });
  await correct({ 2: "left out", 3: "left out", 4: "left out", 5: { born: "03/01/2000" } });
  await reject("replay", "people", file);

  const { ledger } = await readMapped(replayOf(work), "people");
  expect(ledger.map(({ key, occurrence }) => [key, occurrence])).toEqual([
    ["5", "2"],
    ["5", "3"],
  ]);

  const keyless = await rejected({ mapping: people.replace("key: [id]\n", ""), more: { key: [] } });
  await keyless.correct({});
  await writeFile(
    keyless.file,
    (await readFile(keyless.file, "utf8")).replace("2,Ben,31/02/1999\n", "22,Ben,28/02/1999\n"),
  );
  const result = await keyless.reject("replay", "people", keyless.file);
  expect(result.exitCode, result.stderr).toBe(0);
  expect((await readMapped(replayOf(keyless.work), "people")).output).toEqual([["22", "Ben", "1999-02-28"]]);
});

it("discard takes the latest replay back, and only that", async () => {
  const { work, file, correct, reject } = await rejected();
  await correct({ 2: { born: "28/02/1999" } });
  await reject("replay", "people", file);

  expect(await reject("discard", "people", "002")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("its latest is 001"),
  });
  expect(await reject("discard", "people", "001")).toMatchObject({ exitCode: 0 });
  expect(await readdir(join(work, "replays/people"))).toEqual([]);
});

it("--dry-run checks the file, says what would be mapped, and does nothing", async () => {
  const { work, file, correct, reject } = await rejected();
  await correct({ 2: { born: "28/02/1999" } });
  const before = await snapshotOf(work);

  const { exitCode, stderr } = await reject("replay", "people", file, "--dry-run");

  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: "rejects people: 3 corrected rows would be mapped as replay 001\n",
  });
  expect(await snapshotOf(work)).toEqual(before);
});

it("a replay that was killed is finished by the same command", async () => {
  const { work, file, correct, reject, startReplay } = await rejected();
  await correct({ 2: { born: "28/02/1999" }, 3: "left out", 4: "left out" });
  const running = startReplay();
  const manifest = join(replayOf(work), "extract/people/manifest.json");
  while (
    await readFile(manifest).then(
      () => false,
      () => true,
    )
  )
    await new Promise((done) => setTimeout(done, 2));
  running.child.kill("SIGKILL");
  await running.result;

  let result = await reject("replay", "people", file);
  // The transform that it had started may still be at work for a moment.
  for (let tries = 0; result.exitCode === 75 && tries < 20; tries += 1) {
    await new Promise((done) => setTimeout(done, 250));
    result = await reject("replay", "people", file);
  }

  expect(result.exitCode, result.stderr).toBe(0);
  expect((await readMapped(replayOf(work), "people")).output).toEqual([["2", "Ben", "1999-02-28"]]);
  expect((await manifestIn(join(replayOf(work), "transform/people")))._waybill.counts.written).toBe(1);
});

it("replay refuses tables whose rows cannot be mapped apart from the others", async () => {
  const mapping = `${people}dedupe: { by: [note], keep: first }\n`.replace("key: [id]\n", "");
  const held = rows.map((row) => [...row, "n"]);
  const { file, correct, reject } = await rejected({
    mapping,
    held,
    more: { columns: columnsNamed(["id", "name", "born", "note"]) },
  });
  await correct({});

  const { exitCode, stderr } = await reject("replay", "people", file);

  expect(exitCode).toBe(64);
  expect(stderr).toContain("its dedupe goes by note");
});

it("replay of a union's rejects keeps rows of its extracts apart, and refuses a value another extract alone has", async () => {
  const extract = { columns: columnsNamed(["id", "born"], { id: "integer" }), key: ["id"] };
  const ready = await readyToMap({
    files: {
      "migration.yaml": "migration: TEST-1\nextracts:\n  old: { key: [id] }\n  new: { key: [id] }\n",
      "people.yaml":
        "table: people\nunion: [old, new]\ncolumns:\n  key: { uuid5: { columns: [id], per_extract: true } }\n  id: id\n  born: { from: born, date: DD/MM/YYYY }\n",
    },
    extracts: {
      old: {
        ...extract,
        rows: [
          ["1", "x"],
          ["2", "01/01/2000"],
        ],
      },
      new: { ...extract, columns: columnsNamed(["id", "born", "note"], { id: "integer" }), rows: [["1", "y", "n"]] },
    },
  });
  const transformed = await ready.run();
  expect(transformed.exitCode, transformed.stderr).toBe(0);
  const places = ["-m", ready.migration, "-w", ready.work];
  const file = join(ready.work, "..", "corrected.csv");
  const replay = async (note: string) => {
    await writeFile(
      file,
      `_extract,_key,_occurrence,id,born,note\nnew,1,1,1,02/01/2000,n\nold,1,1,1,03/01/2000,${note}\n`,
    );
    return await runProgram("rejects", ["replay", "people", file, ...places]);
  };

  expect(await replay("m")).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining("line 3: note is no column"),
  });
  const { exitCode, stderr } = await replay("\\N");

  expect(exitCode, stderr).toBe(0);
  const { output, ledger } = await readMapped(replayOf(ready.work), "people");
  expect(output.map(([, ...values]) => values)).toEqual([
    ["1", "2000-01-03"],
    ["1", "2000-01-02"],
  ]);
  expect(ledger.map((line) => [line.extract, line.key, line.disposition])).toEqual([
    ["old", "1", "written"],
    ["new", "1", "written"],
  ]);
});
