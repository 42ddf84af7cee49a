import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeWhole } from "../../../lib/files/whole-file.js";
import { makeFolder } from "../../../lib/files/work-directory.js";
import { runProgram } from "../../support/program.js";
import { createFolder } from "../../support/work.js";
import { columnsNamed, writeExtract } from "../transform/extracted.js";
import { readMapped } from "../transform/mapped.js";

const people = `table: people
filter:
  - { keep: "left_on IS NULL", because: who left is not moved }
columns:
  id: id
  name: { from: name, trim: true, required: true, because: blanks are typing errors, pii: true }
  shout: { sql: "upper(name)" }
  town: { from: town, map: { a: A, b: A, c: C, z: Z }, otherwise: "?", flag: odd }
  odd: { flagged: true }
dedupe: { by: [id], keep: latest, order: [changed] }
expect:
  - relationships: { column: town, to: towns.id, otherwise: reject }
`;

const towns = `table: towns
columns: { id: { from: id, map: { a: A, b: B } } }
`;

const rows = [
  ["1", " Ada ", "a", "1", null],
  ["2", "Bob", "a", "1", null],
  ["2", "Bob ", "a", "2", null],
  ["3", "  ", "a", "1", null],
  ["4", "Dan", "c", "1", null],
  ["5", "Eve", "a", "1", "2020-01-01"],
];

const columns = columnsNamed(["id", "name", "town", "changed", "left_on"]);
let folder = "";
let work = "";

/** `waybill explain people --key ID`, all transformed before. */
const explained = (key: string, ...more: readonly string[]) =>
  runProgram("explain", ["people", "--key", key, ...more, "-m", folder, "-w", work]);

beforeAll(async () => {
  const place = await createFolder();
  folder = join(place.folder, "migration");
  work = join(place.folder, "work");
  await makeFolder(folder);
  await writeWhole(
    join(folder, "migration.yaml"),
    "migration: TEST-1\nextracts: { people: { key: id }, towns: { key: id } }\n",
  );
  await writeWhole(join(folder, "people.yaml"), people);
  await writeWhole(join(folder, "towns.yaml"), towns);
  await writeExtract(work, "people", { columns, rows, key: ["id"], partRows: 2 });
  await writeExtract(work, "towns", { columns: columnsNamed(["id"]), rows: [["a"], ["b"]], key: ["id"] });
  await runProgram("transform", ["-m", folder, "-w", work]);
  return place.remove;
});

describe("explain --key", () => {
  it("tells a row from what was read to the very row that transform wrote, value after value", async () => {
    const { exitCode, stdout } = await explained("1", "--json", "--show-pii");

    const story = JSON.parse(stdout);
    const { output } = await readMapped(work, "people");
    expect(exitCode).toBe(0);
    expect(story).toMatchObject({ disposition: "written", part: "part-00000.csv.gz", source: { name: " Ada " } });
    expect(story.columns[1]).toMatchObject({
      start: " Ada ",
      steps: [{ rule: "name.trim", after: "Ada" }],
      value: "Ada",
    });
    expect(output[0]).toEqual(story.columns.map(({ value }: { readonly value: string | null }) => value));
  });

  it("names the rule that keeps a row out, its reason and its business rule", async () => {
    const [filtered, rejected, orphan] = await Promise.all(["5", "3", "4"].map((key) => explained(key)));

    expect(filtered?.stdout).toContain("It is left out by filter[0] — because who left is not moved.");
    expect(rejected?.stdout).toContain(
      "It is rejected by name.required: name is required, and is NULL or empty — because blanks",
    );
    expect(orphan?.stdout).toContain("town: it has no parent in towns");
    expect(orphan?.stdout).not.toContain("\nAs:");
  });

  it("tells of duplicates which one won, and whom it won over", async () => {
    const { stdout } = await explained("2");

    const [loser = "", winner = ""] = stdout.split("\n\n");
    expect(loser).toContain("occurrence 1");
    expect(loser).toContain('It is a duplicate, and loses to the key "2", occurrence 2.');
    expect(winner).toContain('It won over its duplicate with the key "2", occurrence 1.');
  });

  it("hides values of columns marked pii, and of all they are made from, unless --show-pii asks for them", async () => {
    const [hidden, shown, json] = [
      await explained("1"),
      await explained("1", "--show-pii"),
      await explained("1", "--json"),
    ];

    expect(`${hidden.stdout}${json.stdout}`).not.toMatch(/ada/i);
    expect(hidden.stdout).toContain('  town: "a"');
    expect(hidden.stdout).toContain('  name: "(hidden: pii)"');
    expect(shown.stdout).toContain('  shout: " ADA "');
  });

  it("says 66 for a key that no row has, and 64 for one that names other columns", async () => {
    expect(await explained("9")).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("no row with id = 9") });
    expect(await explained("a=1,b=2")).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("is id") });
  });

  it("leaves nothing behind, and refuses a damaged part", async () => {
    await explained("1");
    expect((await readdir(work)).filter((name) => name.startsWith("."))).toEqual([]);

    await appendFile(join(work, "extract/people/part-00000.csv.gz"), "x");
    expect(await explained("1")).toMatchObject({ exitCode: 65, stdout: "" });
  });
});
