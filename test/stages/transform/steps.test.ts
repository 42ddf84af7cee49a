import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type ProgramResult, startProgram } from "../../support/program.js";
import { createFolder } from "../../support/work.js";
import { columnsNamed, type Row } from "./extracted.js";
import { contentOf, readMapped, transformFolder } from "./mapped.js";
import { readyToMap } from "./ready.js";

const yaml = (steps: string) => `table: people\nsteps:\n  - ${steps}\ncolumns: all\n`;
const rowStep = "{ row: steps/step.ts, adds: [score] }";
const frameStep = "{ frame: steps/step.ts, adds: [score] }";

interface Given {
  readonly step: string;
  readonly steps?: string;
  readonly rows?: readonly Row[];
  readonly files?: Readonly<Record<string, string>>;
  /** These files of tables and steps instead. */
  readonly tables?: Readonly<Record<string, string>>;
  readonly within?: string;
}

const secret = "Nakamura";
const somebody: readonly Row[] = [
  ["1", "Abe"],
  ["2", secret],
  ["3", null],
];

/** People with id and name, and one step. */
function ready({ step, steps = rowStep, rows = somebody, files = {}, tables, within }: Given) {
  return readyToMap({
    ...(within === undefined ? {} : { within }),
    files: {
      "migration.yaml": "migration: TEST-1\nextracts: { people: { key: [id] } }\n",
      ...(tables ?? { "people.yaml": yaml(steps), "steps/step.ts": step }),
      ...files,
    },
    extracts: {
      people: {
        columns: columnsNamed(["id", "name"], { id: "integer" }),
        rows,
        key: ["id"],
        keyIsUnique: true,
        partRows: 20_000,
      },
    },
  });
}

/** What a step does (to be read after "that"), its code, what stderr says of it, and more of how the mapping names it. */
type Fault = readonly [name: string, step: string, text: string, options?: string];

/** A table for each fault, its step in a file of its own: all of them in one migration. */
function tablesOf(kind: "row" | "frame", faults: readonly Fault[]): Readonly<Record<string, string>> {
  const files = faults.flatMap(([, step, , options = ""], index) => [
    [`table${index}.yaml`, tableYaml(index, `{ ${kind}: steps/step${index}.ts, adds: [score]${options} }`)],
    [`steps/step${index}.ts`, step],
  ]);
  return Object.fromEntries(files);
}

const tableYaml = (index: number, step: string) =>
  `table: table${index}\nfrom: people\nsteps:\n  - ${step}\ncolumns: all\n`;

/** Transforms all of them in one process, and promises of each: it is named, no value is, and nothing is published (78). */
function promiseFaults(kind: "row" | "frame", faults: readonly Fault[]): void {
  let result: ProgramResult;
  let work = "";
  beforeAll(async () => {
    const place = await createFolder();
    const migration = await ready({ step: "", within: place.folder, tables: tablesOf(kind, faults) });
    work = migration.work;
    result = await migration.run("--keep-going");
    return place.remove;
  });

  const promises = faults.map(([name, , text], index) => [name, index, text] as const);
  it.each(promises)("that %s fails with its name, row and key, and no value (78)", async (_, index, text) => {
    expect(linesOf(result.stderr, index)).toContain(text);
    expect(result.stderr).not.toContain(secret);
    expect(result).toMatchObject({ exitCode: 78, stdout: "" });
    expect(await readdir(transformFolder(work, `table${index}`))).toEqual([]);
  });
}

const linesOf = (stderr: string, index: number) =>
  stderr
    .split("\n")
    .filter((line) => line.includes(`steps/step${index}.ts`))
    .join("\n")
    .replaceAll(`step${index}.ts`, "step.ts");

const only = (body: string) => `export const step = (row: { id: string; name: string | null }) => { ${body} };`;

describe("a row step", () => {
  promiseFaults("row", [
    [
      "throws",
      only(`return { score: row.name!.trim() };`),
      `row 3, key 3: it threw a TypeError: Cannot read properties of null (reading 'trim') (steps/step.ts:1)`,
    ],
    [
      "throws the value itself",
      only(`if (row.id === "2") throw new Error(row.name!); return { score: "" };`),
      "row 2, key 2: it threw an Error (steps/step.ts:1)",
    ],
    [
      "throws words of its own",
      only(`throw new RangeError("no such age");`),
      "row 1, key 1: it threw a RangeError: no such age",
    ],
    [
      "gives a number",
      only(`return { score: 1 };`),
      `row 1, key 1: it gave a number for column "score", where text or null belongs`,
    ],
    ["forgets a column", only(`return {};`), `it gave no value for column "score"`],
    [
      "gives a column too many",
      only(`return { score: "1", grade: "2" };`),
      `it gave a column "grade" that adds: does not name`,
    ],
    [
      "names a column by a value",
      only(`return { score: "1", [row.name ?? "x"]: "2" };`),
      "it gave a column that adds: does not name",
    ],
    [
      "changes a column of the source",
      only(`return { ...row, name: "x", score: "1" };`),
      `it changed column "name", which replaces: does not name`,
    ],
    ["gives nothing", only(``), "it gave undefined instead of a row"],
    ["promises a row", `export const step = async () => ({ score: "1" });`, "it gave a Promise instead of a row"],
    ["gives half a character", only(`return { score: "\\ud800" };`), "text that is no Unicode"],
    ["changes its input", only(`row.id = "9"; return { score: "" };`), "it threw a TypeError"],
    [
      "ends the process",
      only(`if (row.id === "2") process.exit(0); return { score: "" };`),
      "row 2, key 2: it ended the thread it runs in",
    ],
    ["looks at the clock", only(`return { score: String(Date.now()) };`), "it asked for Date.now()"],
    ["makes a date of now", only(`return { score: String(new Date()) };`), "it asked for new Date()"],
    [
      "throws dice",
      `import { randomUUID } from "node:crypto"; export const step = () => ({ score: randomUUID() });`,
      "it asked for crypto.randomUUID()",
    ],
    [
      "rejects without a reason",
      `import { reject } from "waybill/steps"; export const step = () => reject(" ");`,
      "it rejected a row without a reason",
    ],
    ["is not there", `export const other = 1;`, "steps/step.ts exports no `step`"],
    ["is no function", `export const step = "x";`, "it exports a `step` that is no function"],
    [
      "fails when it is loaded",
      `export const step = undefined as never; throw new Error("not today");`,
      "it threw an Error: not today",
    ],
    [
      "never returns",
      only(`while (row.id === "2"); return { score: "" };`),
      "steps[0] (steps/step.ts), part-00000.csv.gz row 2, key 2: it did not return within 1 s",
      ", max_seconds: 1",
    ],
  ]);

  it("that fails shows the hash of a key that is personal data", async () => {
    const mapping = "table: people\nsteps:\n  - { row: steps/step.ts }\ncolumns:\n  id: { from: id, pii: true }\n";
    const { run } = await ready({ step: only("throw new Error()"), files: { "people.yaml": mapping } });

    const { stderr } = await run();

    expect(stderr).toMatch(/row 1, key sha256:[0-9a-f]{16}: it threw an Error/);
  });

  const unreadable: readonly Fault[] = [
    ["cannot be parsed", `const a = 1;\nexport const step = (row => ;`, "steps/step.ts:2: Unexpected"],
    [
      "imports a package",
      `import pg from "pg";\nexport const step = () => pg;`,
      `steps/step.ts:1: package "pg": a step imports files below steps/`,
    ],
    [
      "imports what is not there",
      `import "./names.js";\nexport const step = 1;`,
      `steps/step.ts:1: steps/names.js is not there; did you mean "steps/name.ts"`,
    ],
    [
      "imports from outside of steps/",
      `import "../lookups/x.json";\nexport const step = 1;`,
      "lookups/x.json lies outside of steps/",
    ],
    [
      "imports danfojs",
      `import { DataFrame } from "danfojs-node";\nexport const step = () => DataFrame;`,
      "danfojs-node in a frame step only",
    ],
  ];

  it("that cannot be bundled is refused with file and line before anything is taken away (78)", async () => {
    const good = only(`return { score: "1" };`);
    const { run, write, work } = await ready({
      step: "",
      tables: tablesOf(
        "row",
        unreadable.map(([name, , text]): Fault => [name, good, text]),
      ),
      files: { "steps/name.ts": "", "lookups/x.json": "{}" },
    });
    await run();
    for (const [index, [, step]] of unreadable.entries()) await write(`steps/step${index}.ts`, step);

    const { exitCode, stderr } = await run("--keep-going");

    expect(exitCode).toBe(78);
    for (const [index, [name, , text]] of unreadable.entries()) {
      expect(linesOf(stderr, index), name).toContain(text);
      expect(existsSync(join(transformFolder(work, `table${index}`), "manifest.json"))).toBe(true);
    }
  });

  it("sees no environment, prints nothing, and knows no time zone but UTC", async () => {
    const step = only(`console.log(row.name); console.error(row.name);
      return { score: Object.keys(process.env).length + " " + new Date("2024-07-01T12:00").toISOString() };`);
    const { migration, work } = await ready({ step });

    const program = startProgram("transform", ["-m", migration, "-w", work], { env: { TZ: "Asia/Tokyo" } });
    const { stdout, stderr } = await program.result;

    expect(stdout + stderr).not.toContain(secret);
    expect((await readMapped(work, "people")).output[0]).toEqual(["1", "Abe", "0 2024-07-01T12:00:00.000Z"]);
  });

  it("makes the same bytes of 30,000 rows with one thread and with four, in the source's order", async () => {
    const rows = Array.from(
      { length: 30_000 },
      (_, index): Row => [String(index), index % 7 === 0 ? null : `n, "${index}"\n`],
    );
    const step = `import { reject } from "waybill/steps";
      ${only(`return Number(row.id) % 1000 === 3 ? reject("a three") : { score: row.name === null ? "\\\\N" : row.name.toUpperCase() };`)}`;
    const contents: string[] = [];
    for (const jobs of ["1", "4"]) {
      const { run, work } = await ready({ step, rows });
      const { exitCode, stderr } = await run("--jobs", jobs);
      expect(exitCode, stderr).toBe(0);
      const names = ["part-", "ledger-", "rejects", "changes"];
      contents.push((await Promise.all(names.map((name) => contentOf(work, "people", name)))).join(""));
      const { manifest, output } = await readMapped(work, "people");
      expect(manifest._waybill.counts).toMatchObject({ read: 30_000, rejected: 30, written: 29_970 });
      expect(output[0]).toEqual(["0", null, "\\N"]);
    }

    expect(contents[0]).toBe(contents[1]);
  }, 120_000);

  it("is part of the fingerprint with all that lies below steps/, but for how long it may take", async () => {
    const step = `import { grade } from "./shared/grade.js"; export const step = () => ({ score: grade });`;
    const { run, write, work } = await ready({ step, files: { "steps/shared/grade.ts": "export const grade = '1';" } });
    await run();
    await write("people.yaml", yaml("{ row: steps/step.ts, adds: [score], max_seconds: 7 }"));
    const again = await run();
    await write("steps/shared/grade.ts", "export const grade = '2';");

    const changed = await run();

    expect(again.stderr).toContain("up to date");
    expect(changed.stderr).not.toContain("up to date");
    expect((await readMapped(work, "people")).output[0]).toEqual(["1", "Abe", "2"]);
  });
});

describe("a frame step", () => {
  promiseFaults("frame", [
    [
      "gives a row twice",
      `import { concat } from "danfojs-node"; export const step = (frame) => concat({ dfList: [frame, frame], axis: 0 }).addColumn("score", [..."123456"]);`,
      "it gave a row twice",
    ],
    [
      "loses _row",
      `export const step = (frame) => frame.drop({ columns: ["_row"] });`,
      "it gave a frame without the column _row",
    ],
    [
      "makes rows up",
      `export const step = (frame) => frame.drop({ columns: ["_row"] }).addColumn("_row", [0, 1, 9]).addColumn("score", ["", "", ""]);`,
      "whose _row is none of those it was given",
    ],
    [
      "gives numbers",
      `export const step = (frame) => frame.addColumn("score", [1, 2, 3]);`,
      `row 1, key 1: it gave a number for column "score"`,
    ],
    [
      "gives no frame",
      `export const step = (frame) => frame.column("name");`,
      "it gave a frame without the column _row",
    ],
    [
      "changes a column of the source",
      `export const step = (frame) => frame.addColumn("score", ["", "", ""]).drop({ columns: ["name"] }).addColumn("name", ["Abe", "x", "y"]);`,
      `row 2, key 2: it changed column "name", which replaces: does not name`,
    ],
    [
      "draws rows by chance",
      `export const step = (frame) => { Math.random(); return frame; };`,
      "it asked for Math.random()",
    ],
  ]);

  it("is not begun with more rows than it may see: both numbers are told (78)", async () => {
    const { run } = await ready({ step: "", steps: "{ frame: steps/step.ts, max_rows: 2 }" });

    const { exitCode, stderr } = await run();

    expect(stderr).toContain("steps[0] (steps/step.ts) is a frame step for at most 2 rows, and people has 3");
    expect(exitCode).toBe(78);
  });

  it("has no unit: some of the rows would make another frame (64)", async () => {
    const { run } = await ready({ step: "", steps: frameStep });

    const { exitCode, stderr } = await run("people", "--key", "1");

    expect(stderr).toContain("is a frame step, which sees all rows of the table");
    expect(exitCode).toBe(64);
  });
});

it("a mapping whose step makes a column that the source has, or replaces one it lacks, is refused (78)", async () => {
  const { run } = await ready({
    step: "",
    tables: {
      "table0.yaml": tableYaml(0, "{ row: steps/step.ts, adds: Name }"),
      "table1.yaml": tableYaml(1, "{ row: steps/step.ts, replaces: nam }"),
      "steps/step.ts": only("return {};"),
    },
  });

  const { exitCode, stderr } = await run("--keep-going");

  expect(stderr).toContain(`table0.yaml:4: steps[0]: adds "Name", but the source has a column "name"`);
  expect(stderr).toContain(`table1.yaml:4: steps[0]: extract people has no column "nam" to replace`);
  expect(exitCode).toBe(78);
});
