import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runProgram } from "../../support/program.js";
import { temporaryFolder } from "../../support/work.js";
import { people, rejected } from "../rejects/replaying.js";
import { columnsNamed, type Extracted, type Row } from "../transform/extracted.js";
import { readMapped } from "../transform/mapped.js";
import { readyToMap } from "../transform/ready.js";
import { traced } from "./traced.js";

/** A migration that transform has mapped; `trace` asks it for a row, without any target. */
async function mapped(tables: Readonly<Record<string, string>>, extracts: Readonly<Record<string, Extracted>>) {
  const names = Object.entries(extracts).map(([name, { key = [] }]) => `  ${name}: { key: [${key.join(", ")}] }`);
  const files = { "migration.yaml": ["migration: TEST-1", "extracts:", ...names, ""].join("\n"), ...tables };
  const ready = await readyToMap({ files, extracts });
  const { exitCode, stderr } = await ready.run();
  expect(exitCode, stderr).toBe(0);
  const places = ["--no-target", "-m", ready.migration, "-w", ready.work];
  return { ...ready, trace: (table: string, key: string) => traced(table, key, ...places) };
}

const extract = (
  key: readonly string[],
  names: readonly string[],
  rows: readonly Row[],
  more: Partial<Extracted> = {},
) => ({
  columns: columnsNamed(names),
  rows,
  key,
  ...more,
});

it("trace tells of a union the row of that key in each extract, by the rules of its own", async () => {
  const { trace } = await mapped(
    {
      "people.yaml": `table: people
union: [staff, payees]
columns:
  id: { uuid5: { columns: { staff: [id], payees: [no] }, per_extract: true } }
  name: { from: { staff: name, payees: full_name }, trim: true }
  email: email
dedupe: { by: [email], keep: first, order: [email] }
`,
    },
    {
      staff: extract(
        ["id"],
        ["id", "name", "email"],
        [
          ["1", "Ada ", "a@x"],
          ["2", "Bob", "b@x"],
          ["3", "Cy", "c@x"],
        ],
        { partRows: 2 },
      ),
      payees: extract(
        ["no"],
        ["no", "full_name", "email"],
        [
          ["2", " Bobby", "b@x"],
          ["3", "Dee", "d@x"],
        ],
      ),
    },
  );

  const two = (await trace("people", "2")).rows;
  const three = (await trace("people", "3")).rows;
  const payee = (await trace("people", "no=3")).rows;

  expect(two.map(({ extract, disposition, winner }) => [extract, disposition, winner?.extract])).toEqual([
    ["staff", "written", undefined],
    ["payees", "deduplicated", "staff"],
  ]);
  expect(three.map(({ extract, source }) => [extract, source.name ?? source.full_name])).toEqual([
    ["staff", "Cy"],
    ["payees", "Dee"],
  ]);
  expect(three[1].written.file).toBe("transform/people/part-00002.csv.gz");
  expect(payee).toEqual([three[1]]);
});

it("trace takes a key of several columns by their names, or as ledgers write it", async () => {
  const rows: readonly Row[] = [
    ["1", "a", "x"],
    ["1", 'b,"2"', "y"],
    ["2", "a", "z"],
  ];
  const { trace } = await mapped(
    { "items.yaml": "table: items\ncolumns: { no: order, line: line, what: { from: what, upper: true } }\n" },
    { items: extract(["order", "line"], ["order", "line", "what"], rows) },
  );

  const [byName] = (await trace("items", 'line=b,"2",order=1')).rows;
  const [byList] = (await trace("items", '["1","b,\\"2\\""]')).rows;
  const one = await trace("items", "1");

  expect(byName).toMatchObject({
    source: { what: "y" },
    row: { what: "Y" },
    read: { row: 2 },
    matched: ["source key"],
  });
  expect(byList).toMatchObject({ source: { what: "y" }, matched: ["source key", "target key"] });
  expect(one).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("order, line (in items), or no, line (in the target)"),
  });
});

it("trace tells both rows when a key names one in the source and another in the target", async () => {
  const { trace } = await mapped(
    { "people.yaml": "table: people\ncolumns: { id: { from: id, map: { 1: 2, 2: 1 } } }\nkey: [id]\n" },
    { people: extract(["id"], ["id"], [["1"], ["2"]]) },
  );

  const { rows } = await trace("people", "2");

  expect(rows.map(({ key, matched }) => [key, matched])).toEqual([
    ["1", ["target key"]],
    ["2", ["source key"]],
  ]);
});

it("trace runs custom steps again as transform ran them: of rows alone, of frames over all rows", async () => {
  const steps = {
    "steps/district.ts": `import { type RowStep, reject } from "waybill/steps";
export const step: RowStep = (row) =>
  row.address === null ? reject("no address") : { district: row.address.split(", ").at(-1) ?? null };
`,
    "steps/rank.ts": `export const step = (frame) => {
  const names = frame.column("name").values;
  const sorted = [...names].sort();
  return frame.addColumn("rank", names.map((name) => String(sorted.indexOf(name) + 1)));
};
`,
  };
  const rows: readonly Row[] = [
    ["1", "Cy", "1 Low, Acho"],
    ["2", "Abe", "2 High, Bura"],
    ["3", "Dee", null],
    ["4", "Bob", "4 Mid, Acho"],
  ];
  const { trace, work } = await mapped(
    {
      ...steps,
      "rows.yaml":
        "table: rows\nfrom: people\nsteps: [{ row: steps/district.ts, adds: [district] }]\ncolumns: { id: id, district: district }\n",
      "ranks.yaml":
        "table: ranks\nfrom: people\nsteps: [{ frame: steps/rank.ts, adds: [rank] }]\ncolumns: { id: id, rank: rank }\n",
    },
    { people: extract(["id"], ["id", "name", "address"], rows, { partRows: 2 }) },
  );

  const [row] = (await trace("rows", "4")).rows;
  const [out] = (await trace("rows", "3")).rows;
  const [rank] = (await trace("ranks", "4")).rows;

  expect(row).toMatchObject({ made: [{ step: "steps[0]", values: { district: "Acho" } }], disagrees: [] });
  expect(out).toMatchObject({ disposition: "rejected", rule: "steps[0]", reason: "no address", made: [] });
  expect(rank).toMatchObject({ made: [{ values: { rank: "2" } }], row: { rank: "2" }, disagrees: [] });
  expect((await readMapped(work, "ranks")).output[3]).toEqual(["4", "2"]);
});

it("trace shows what references became when they were settled, in a ring as outside of one", async () => {
  const { trace, work } = await mapped(
    {
      "people.yaml":
        "table: people\ncolumns: { id: { uuid5: [id] }, boss: { references: people, from: boss }, home: { from: home, references: homes } }\nkey: [id]\n",
      "homes.yaml":
        "table: homes\ncolumns: { id: { sql: \"'H-' || id\" }, name: name }\nkey: [id]\ndedupe: { by: [name], keep: first, order: [id] }\n",
    },
    {
      people: extract(
        ["id"],
        ["id", "boss", "home"],
        [
          ["1", null, "a"],
          ["2", "1", "b"],
        ],
      ),
      homes: extract(
        ["id"],
        ["id", "name"],
        [
          ["a", "Hut"],
          ["b", "Hut"],
        ],
      ),
    },
  );

  const [person] = (await trace("people", "2")).rows;

  const { output } = await readMapped(work, "people");
  expect(person).toMatchObject({ row: { boss: output[0]?.[0], home: "H-a" }, disagrees: [] });
  expect(person.columns[1].steps).toMatchObject([{ rule: "boss.references", before: "1", after: output[0]?.[0] }]);
  expect(person.columns[2].steps.at(-1)).toMatchObject({ rule: "home.references", before: "b", after: "H-a" });
});

it("trace tells of a row that a query made what ledger, rejects and part have of it", async () => {
  const { trace } = await mapped(
    {
      "seen.yaml": `table: seen
query: SELECT visit, name FROM visits LEFT JOIN people ON id = person
lineage: { column: visit, of: visits }
reject: [{ when: name IS NULL, reason: a visit of nobody, because: nobody visits }]
columns: { visit: visit, name: { from: name, upper: true } }
`,
    },
    {
      people: extract(["id"], ["id", "name"], [["1", "Ada"]]),
      visits: extract(
        ["visit"],
        ["visit", "person"],
        [
          ["a", "1"],
          ["b", "9"],
        ],
      ),
    },
  );

  const [written] = (await trace("seen", "a")).rows;
  const [rejected] = (await trace("seen", "visit=b")).rows;

  expect(written).toMatchObject({
    extract: "visits",
    read: null,
    rulesFrom: "change log",
    written: { file: "transform/seen/part-00000.csv.gz", row: 1, line: 2 },
    row: { visit: "a", name: "ADA" },
  });
  expect(written.columns[1]).toMatchObject({
    start: "Ada",
    steps: [{ rule: "name.upper", before: "Ada", after: "ADA" }],
  });
  expect(rejected).toMatchObject({
    disposition: "rejected",
    reason: "a visit of nobody",
    because: "nobody visits",
    source: { visit: "b", name: null },
  });
});

it("trace numbers rows of one key through parts that were cut by date, with either ledger", async () => {
  const rows: readonly Row[] = [
    ["1", "x"],
    ["1", ""],
    ["2", "y"],
    ["1", "z"],
    ["2", ""],
    ["3", "w"],
  ];
  const people = extract(["id"], ["id", "name"], rows, { partRows: 3, partsBy: "date" });
  const table = (ledger: string) =>
    `table: people\ncolumns: { id: id, name: { from: name, required: true } }\nledger: ${ledger}\n`;
  const full = await mapped({ "people.yaml": table("full") }, { people });
  const lean = await mapped({ "people.yaml": table("exceptions") }, { people });
  const essence = ({
    occurrence,
    disposition,
    source,
    written,
    read,
  }: Record<string, { file: string; row: number }>) => [occurrence, disposition, source, written, read];

  for (const key of ["1", "2", "3"]) {
    const stories = (await full.trace("people", key)).rows.map(essence);
    expect((await lean.trace("people", key)).rows.map(essence)).toEqual(stories);
    expect(stories).toHaveLength(rows.filter(([id]) => id === key).length);
  }
  const thirds = (await lean.trace("people", "1")).rows.at(-1);
  expect(thirds).toMatchObject({ occurrence: "3", written: { file: "transform/people/part-00001.csv.gz", row: 1 } });
});

it("trace masks nothing anew under another key, or none, and says so", async () => {
  const ready = await readyToMap({
    files: {
      "migration.yaml": "migration: TEST-1\nextracts: { people: { key: [id] } }\n",
      "people.yaml": "table: people\ncolumns: { id: id, name: { from: name, mask: { hash: { key: TRACE_KEY } } } }\n",
    },
    extracts: { people: extract(["id"], ["id", "name"], [["1", "Ada"]]) },
  });
  const places = ["-m", ready.migration, "-w", ready.work];
  const env = { TRACE_KEY: "0123456789abcdef" };
  await runProgram("transform", places, { env });
  const trace = async (more: NodeJS.ProcessEnv) => {
    const words = ["people", "--key", "1", "--json", "--no-target", ...places];
    return JSON.parse((await runProgram("trace", words, { env: more })).stdout).rows[0];
  };

  const [same, other, none] = [await trace(env), await trace({ TRACE_KEY: "fedcba9876543210" }), await trace({})];

  expect(same).toMatchObject({ rulesFrom: "rules", disagrees: [] });
  expect(other).toMatchObject({ rulesFrom: "change log", rulesWhy: expect.stringContaining("keys of its masks") });
  expect(none).toMatchObject({
    rulesFrom: "change log",
    rulesWhy: expect.stringContaining("TRACE_KEY, which is not set"),
  });
  expect([other.row, none.row]).toEqual([same.row, same.row]);
});

it("trace tells both lives of a corrected reject, though only the second has the target key asked for", async () => {
  const ready = await rejected({ mapping: people.replace("id: id", "id: { sql: \"id || coalesce(name, '-')\" }") });
  await ready.correct({ 3: { name: "Grace" } });
  expect((await ready.reject("replay", "people", ready.file)).exitCode).toBe(0);

  const { rows } = await traced("people", "3Grace", "--no-target", ...ready.places);

  expect(
    rows.map(({ key, replay, matched, disposition, targetKey }) => [key, replay, matched, disposition, targetKey]),
  ).toEqual([
    ["3", null, [], "rejected", "3-"],
    ["3", "001", ["target key"], "written", "3Grace"],
  ]);
});

it("trace leaves a replay out that has not finished or corrects another transform, and says so", async () => {
  const ready = await rejected();
  await ready.correct({ 3: { name: "Grace" } });
  expect((await ready.reject("replay", "people", ready.file)).exitCode).toBe(0);
  await ready.write("people.yaml", people.replace("name: name", "name: { from: name, upper: true }"));
  await ready.run();

  const { rows, stderr } = await traced("people", "3", "--no-target", ...ready.places);

  expect(rows).toMatchObject([{ replay: null, disposition: "rejected" }]);
  expect(stderr).toContain("replay 001 of people has not finished, or corrects rejects of another transform");
});

it("trace tells a row's story out of the change log where a step that ran then does not run any more", async () => {
  const rates = join(await temporaryFolder(), "rates.txt");
  await writeFile(rates, "2");
  const step = `import { readFileSync } from "node:fs";
export const step = () => ({ rate: readFileSync(${JSON.stringify(rates)}, "utf8") });
`;
  const { trace } = await mapped(
    {
      "steps/rate.ts": step,
      "items.yaml":
        "table: items\nsteps: [{ row: steps/rate.ts, adds: [rate] }]\ncolumns: { id: { from: id, upper: true }, rate: rate }\n",
    },
    { items: extract(["id"], ["id"], [["a"]]) },
  );
  await rm(rates);

  const { rows, exitCode } = await trace("items", "a");

  expect(exitCode).toBe(0);
  expect(rows[0]).toMatchObject({
    rulesFrom: "change log",
    rulesWhy: expect.stringContaining("steps[0]"),
    source: { id: "a" },
    row: { id: "A", rate: "2" },
  });
  expect(rows[0].columns[0].steps).toMatchObject([{ rule: "id.upper", before: "a", after: "A" }]);
});
