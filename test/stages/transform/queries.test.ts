import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { writeManifest } from "../../../lib/files/manifest-file.js";
import { buildManifest } from "../../../lib/model/manifest.js";
import { resourceOf } from "../../../lib/model/resource.js";
import { writePart } from "../../lib/files/written-part.js";
import { runProgram } from "../../support/program.js";
import { manifestIn, snapshotOf } from "../stage-files.js";
import { columnsNamed } from "./extracted.js";
import { contentOf, readMapped, transformFolder } from "./mapped.js";
import { type Ready, readyToMap } from "./ready.js";

const secret = "Nakamura";

const migration = "migration: TEST-1\nextracts:\n  people: { key: [id] }\n  visits: { key: [visit] }\n";

const tableOf = (query: string, lineage = "none") =>
  `table: seen\nquery: >-\n  ${query}\nlineage: ${lineage}\ncolumns: all\n`;

const joined = "SELECT visit, name FROM people JOIN visits ON id = person";
const ofVisits = "{ column: visit, of: visits }";

const ready = (table: string): Promise<Ready> =>
  readyToMap({
    files: { "migration.yaml": migration, "seen.yaml": table },
    extracts: {
      people: {
        columns: columnsNamed(["id", "name"], {}),
        rows: [
          ["1", secret],
          ["2", "Sato"],
        ],
        key: ["id"],
      },
      visits: {
        columns: columnsNamed(["visit", "person"], {}),
        rows: [
          ["a", "1"],
          ["b", "2"],
          ["c", "1"],
        ],
        key: ["visit"],
      },
    },
  });

it.each([
  [
    "SELECT name FROM people JOIN visit ON true",
    "none",
    'Table with name visit does not exist!; did you mean "visits"?',
  ],
  ["SELECT nam FROM people", "none", 'Referenced column "nam" not found in FROM clause!; did you mean "name"?'],
  ["SELECT FROM people", "none", "seen.yaml:2: query: Parser Error"],
  ["SELECT CAST(name AS INTEGER) AS n FROM people", "none", "seen.yaml:2: query: on a row: Conversion Error"],
  ["SELECT * FROM people, '/etc/passwd.csv'", "none", "seen.yaml:2: query"],
  ["SELECT * FROM people, read_csv('/etc/passwd')", "none", "query calls read_csv"],
  ["SELECT p.id, q.id FROM people p, people q", "none", 'query gives two columns "id"'],
  [
    joined,
    "{ column: visits, of: visits }",
    'seen.yaml:4: lineage: query gives no column "visits"; did you mean "visit"?',
  ],
  [joined, "{ column: name, of: visits }", "lineage: in 3 rows of the query name holds no visit of visits"],
])("transform refuses %s (lineage %s), says why, and leaves the earlier result alone", async (query, lineage, text) => {
  const { run, work, write } = await ready(tableOf(joined));
  await run();
  const before = await snapshotOf(transformFolder(work, "seen"));
  await write("seen.yaml", tableOf(query, lineage));

  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(78);
  expect(stderr).toContain(text);
  expect(stderr).not.toContain(secret);
  expect(await snapshotOf(transformFolder(work, "seen"))).toEqual(before);
});

it("transform states what a query read and made, is up to date then, and is stale when an extract it names changes", async () => {
  const { run, work, extract } = await ready(tableOf(joined, ofVisits));

  await run();
  const again = await run();
  const { manifest, output } = await readMapped(work, "seen");
  await extract("people", { columns: columnsNamed(["id", "name"], {}), rows: [["1", "Abe"]], key: ["id"] });
  const changed = await run();

  expect(output).toEqual([
    ["a", secret],
    ["b", "Sato"],
    ["c", secret],
  ]);
  expect(manifest._waybill.counts.read).toBe(3);
  expect(manifest._waybill.inputs.map(({ path }) => path)).toEqual([
    "extract/people/manifest.json",
    "extract/visits/manifest.json",
  ]);
  expect(manifest._waybill.details.query).toEqual({
    sql: joined,
    lineage: { column: "visit", of: "visits" },
    extracts: { people: 2, visits: 3 },
  });
  expect(again.stderr).toContain("up to date");
  expect(changed.exitCode, changed.stderr).toBe(0);
  expect((await readMapped(work, "seen")).output).toHaveLength(2);
  expect(existsSync(join(transformFolder(work, "seen"), ".query"))).toBe(false);
});

it("transform writes a large result in parts of 250,000 rows, numbers equal keys across them, and the same bytes each time", async () => {
  const many = "SELECT id, n % 2 AS n FROM people, range(200000) AS numbers(n) ORDER BY n DESC";
  const { run, work } = await ready(
    tableOf(many, "{ column: id, of: people }").replace("columns: all", "columns: { id: id, n: n }"),
  );

  const { exitCode, stderr } = await run("--jobs", "2");
  const once = (await manifestIn(transformFolder(work, "seen")))._waybill;
  await run("--force", "--jobs", "1");
  const twice = (await manifestIn(transformFolder(work, "seen")))._waybill;

  expect(exitCode, stderr).toBe(0);
  expect(once.counts).toMatchObject({ read: 400_000, written: 400_000 });
  expect(twice.outputHash).toBe(once.outputHash);
  const lines = (await contentOf(work, "seen", "ledger-")).split("\n").slice(1, -1);
  expect(new Set(lines.map((line) => line.split(",").slice(1, 3).join())).size).toBe(400_000);
  expect(existsSync(join(transformFolder(work, "seen"), "part-00001.csv.gz"))).toBe(true);
}, 120_000);

it("transform proves the row checksums of every extract a query reads", async () => {
  const { run, work } = await ready(tableOf(joined));
  await swapNames(join(work, "extract/people"));

  const { exitCode, stderr } = await run();

  expect(exitCode, stderr).toBe(65);
  expect(stderr).toContain("extract/people/part-00000.csv.gz: 1 of 2 rows do not match the checksum");
});

it("there is no unit of a query, nor the story of one of its rows, and both say so", async () => {
  const { migration: folder, work } = await ready(tableOf(joined, ofVisits));

  for (const program of ["run", "explain"] as const) {
    const { exitCode, stderr } = await runProgram(program, ["seen", "--key", "a", "-m", folder, "-w", work]);

    expect(exitCode, stderr).toBe(64);
    expect(stderr).toContain("all rows of people and visits");
  }
});

it("there is no replay of a query's rejects, and it says so", async () => {
  const {
    run,
    migration: folder,
    work,
  } = await ready(`${tableOf(joined)}reject: [{ when: visit = 'a', reason: no a }]\n`);
  await run();
  const file = join(work, "rejects.csv");
  await runProgram("rejects", ["seen", "--export", file, "-m", folder, "-w", work]);

  const { exitCode, stderr } = await runProgram("rejects", ["replay", "seen", file, "-m", folder, "-w", work]);

  expect(exitCode, stderr).toBe(64);
  expect(stderr).toContain("it is made by a query");
});

it("explain says the query, and status and check know what it reads", async () => {
  const { run, migration: folder, work, write } = await ready(tableOf(joined, ofVisits));
  await run();
  const asked = (program: string) =>
    runProgram(program, [...(program === "explain" ? ["seen"] : []), "-m", folder, "-w", work]);

  const [explained, status, checked] = [await asked("explain"), await asked("status"), await asked("check")];
  await write("seen.yaml", tableOf(`${joined} WHERE nme = 'a'`, ofVisits));
  const wrong = await asked("check");
  await rm(join(work, "extract/visits/manifest.json"));
  const unread = await asked("check");

  expect(explained.stdout).toContain("seen: made by a query over the extracts people and visits");
  expect(explained.stdout).toContain("visit says of which row of visits each row is");
  expect(status.stdout).toMatch(/transform\s+seen\s+done/);
  expect(checked.exitCode, checked.stderr).toBe(0);
  expect(wrong.exitCode).toBe(78);
  expect(wrong.stderr).toContain('Referenced column "nme" not found in FROM clause!; did you mean "name"?');
  expect(unread.exitCode, unread.stderr).toBe(0);
});

/** Writes other names beside the checksums of the old ones, and a manifest that takes the file for whole. */
async function swapNames(folder: string): Promise<void> {
  const { resources, _waybill } = await manifestIn(folder);
  const [part] = resources;
  if (part === undefined) throw new Error("no part");
  const [header = "", ...lines] = gunzipSync(await readFile(join(folder, part.path)))
    .toString()
    .split(/(?<=\n)/);
  const columns = header.trim().split(",");
  const file = await writePart(join(folder, part.path), lines.join("").replace(secret, "Tanaka"), { columns });
  const { format: _format, outputHash: _hash, digest: _digest, ...statement } = _waybill;
  const resource = resourceOf(file, { path: part.path, role: "part", fields: part.schema.fields });
  await writeManifest(folder, buildManifest([resource], statement));
}
