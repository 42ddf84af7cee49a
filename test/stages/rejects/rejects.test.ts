import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { runProgram } from "../../support/program.js";
import { snapshotOf } from "../stage-files.js";
import { columnsNamed, type Row } from "../transform/extracted.js";
import { readMapped } from "../transform/mapped.js";
import { readyToMap } from "../transform/ready.js";

const people = `table: people
reject: [{ when: name IS NULL, reason: no name }]
columns:
  id: id
  name: name
  born: { from: born, date: DD/MM/YYYY, because: All dates are stored in ISO 8601 }
`;

const rows: readonly Row[] = [
  ["1", "Ada", "31/12/1999"],
  ["2", "Ben", "31/02/1999"],
  ["3", null, "01/01/2000"],
  ["4", "Cy, Jr", "1999"],
  ["5", "Di", "02/01/2000"],
];

/** A transformed migration, and `waybill rejects people` in it. */
async function transformed(held: readonly Row[] = rows) {
  const ready = await readyToMap({
    files: { "migration.yaml": "migration: TEST-1\nextracts:\n  people: { key: [id] }\n", "people.yaml": people },
    extracts: { people: { columns: columnsNamed(["id", "name", "born"], { id: "integer" }), rows: held, key: ["id"] } },
  });
  const result = await ready.run();
  expect(result.exitCode, result.stderr).toBe(0);
  const run = (...words: readonly string[]) =>
    runProgram("rejects", ["people", ...words, "-m", ready.migration, "-w", ready.work]);
  return { ...ready, run };
}

it("groups rejects by rule and reason, the most rows first, with the business rule, and changes nothing", async () => {
  const { run, work } = await transformed();
  const before = await snapshotOf(work);

  const { exitCode, stdout, stderr } = await run();

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const [header, ...groups] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(header).toEqual(["rows", "rule", "reason", "because"]);
  expect(groups.map(([count, rule]) => [count, rule])).toEqual([
    ["2", "born.date"],
    ["1", "reject[0]"],
  ]);
  expect(groups[0]?.at(-1)).toBe("All dates are stored in ISO 8601");
  expect(await snapshotOf(work)).toEqual(before);
});

it("gives the groups as one JSON object a line with --json", async () => {
  const { run } = await transformed();

  const { stdout } = await run("--json");

  const groups = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(groups.map(({ rows: count, rule, because }) => [count, rule, because])).toEqual([
    [2, "born.date", "All dates are stored in ISO 8601"],
    [1, "reject[0]", null],
  ]);
  expect(groups[1].reason).toBe("no name");
});

it("lists rows up to a limit on stdout, and says on stderr how many more there are", async () => {
  const { run, work } = await transformed();
  const { rejects } = await readMapped(work, "people");

  const some = await run("--list", "--limit", "1", "--format", "csv");
  const all = await run("--list", "--limit", "0", "--format", "csv");

  expect(parseRows(some.stdout).slice(1)).toEqual(rejects.slice(0, 1));
  expect(some.stderr).toBe("rejects people: 2 more rows; --limit 0 shows all\n");
  expect(parseRows(all.stdout).slice(1)).toEqual(rejects);
  expect(all.stderr).toBe("");
});

it("exports every row for its owner alone, NULL and commas as they were, and never over somebody's work", async () => {
  const { run, work } = await transformed();
  const { rejects } = await readMapped(work, "people");
  const file = join(work, "..", "corrected.csv");

  const { exitCode, stdout } = await run("--export", file);

  const written = parseRows(await readFile(file, "utf8"));
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${file}\n` });
  expect(written[0]?.slice(0, 2)).toEqual(["_rule", "_reason"]);
  expect(written[0]?.slice(-3)).toEqual(["id", "name", "born"]);
  expect(written.slice(1)).toEqual(rejects);
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  await writeFile(file, "corrected by hand");
  expect(await run("--export", file)).toMatchObject({
    exitCode: 64,
    stdout: "",
    stderr: expect.stringContaining("--force"),
  });
  expect(await readFile(file, "utf8")).toBe("corrected by hand");
  expect(await run("--export", file, "--force")).toMatchObject({ exitCode: 0 });
  expect(parseRows(await readFile(file, "utf8"))).toEqual(written);
});

it("says that no row was rejected, and exits 0", async () => {
  const { run } = await transformed(rows.slice(0, 1));

  for (const words of [[], ["--list"]])
    expect(await run(...words)).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "rejects people: transform rejected no row\n",
    });
});

it("refuses a damaged file with 65, a table not transformed with 66, an unknown one and stray options with 64", async () => {
  const { run, work, migration } = await transformed();
  const path = join(work, "transform/people/rejects.csv.gz");

  const unknown = await runProgram("rejects", ["poeple", "-m", migration, "-w", work]);
  expect(unknown).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("did you mean people?") });
  for (const words of [["--limit", "3"], ["--force"], ["--list", "--export", "x.csv"], ["towns"]])
    expect(await run(...words)).toMatchObject({ exitCode: 64, stdout: "" });

  await truncate(path, 20);
  expect(await run()).toMatchObject({
    exitCode: 65,
    stdout: "",
    stderr: expect.stringContaining("waybill transform people --force"),
  });

  const fresh = await readyToMap({
    files: { "migration.yaml": "migration: TEST-1\nextracts:\n  people: { key: [id] }\n", "people.yaml": people },
    extracts: {},
  });
  await runProgram("transform", ["--dry-run", "-m", fresh.migration, "-w", fresh.work]);
  expect(await runProgram("rejects", ["people", "-m", fresh.migration, "-w", fresh.work])).toMatchObject({
    exitCode: 66,
  });
});
