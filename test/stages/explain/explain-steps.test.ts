import { readdir } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { runProgram } from "../../support/program.js";
import { createFolder } from "../../support/work.js";
import { columnsNamed, type Row } from "../transform/extracted.js";
import { readMapped } from "../transform/mapped.js";
import { type Ready, readyToMap } from "../transform/ready.js";

const rowStep = `import { type RowStep, reject } from "waybill/steps";
export const step: RowStep = (row) =>
  row.address === null
    ? reject("no address")
    : { name: row.name?.trim() ?? null, district: row.address.split(", ").at(-1) ?? null };
`;
// Its ranks are those of all rows; the last of them it leaves out.
const frameStep = `export const step = (frame) => {
  const names = frame.column("name").values;
  const sorted = [...names].sort();
  return frame
    .addColumn("rank", names.map((name) => String(sorted.indexOf(name) + 1)))
    .query(names.map((name) => name !== sorted.at(-1)));
};
`;
const shout = `export const step = (row: { name: string }) => ({ name: row.name.toUpperCase() });\n`;
const quiet = "export const step = () => ({});\n";

const people = `table: people
steps:
  - { row: steps/district.ts, adds: [district], replaces: [name] }
  - { frame: steps/rank.ts, adds: [rank] }
  - { row: steps/shout.ts, replaces: [name] }
  - { row: steps/quiet.ts }
columns:
  id: id
  name: { from: name, lower: true }
  district: district
  rank: rank
`;
const contacts = `table: contacts
from: people
steps: [{ row: steps/district.ts, adds: district, replaces: name }]
columns: { id: id, district: { from: district, pii: true } }
`;

const rows: readonly Row[] = [
  ["1", " Cy ", "1 Low Road, Acho"],
  ["2", "Abe", "2 High Road, Bura"],
  ["3", "Dee", null],
  ["4", "Bob ", "4 Mid Road, Acho"],
  ["5", "Eve", "5 Mid Road, Bura"],
];

let ready: Ready;
const explained = (table: string, key: string, ...more: readonly string[]) =>
  runProgram("explain", [table, "--key", key, ...more, "-m", ready.migration, "-w", ready.work]);

beforeAll(async () => {
  const place = await createFolder();
  ready = await readyToMap({
    within: place.folder,
    files: {
      "migration.yaml": "migration: TEST-1\nextracts: { people: { key: [id] } }\n",
      "people.yaml": people,
      "contacts.yaml": contacts,
      "steps/district.ts": rowStep,
      "steps/rank.ts": frameStep,
      "steps/shout.ts": shout,
      "steps/quiet.ts": quiet,
    },
    extracts: {
      people: { columns: columnsNamed(["id", "name", "address"]), rows, key: ["id"], keyIsUnique: true, partRows: 2 },
    },
  });
  await ready.run();
  return place.remove;
});

it("explain --key tells what row steps and frame steps made of a row, as transform has it", async () => {
  const { stdout, stderr } = await explained("people", "4");

  expect(stderr).toBe("");
  expect(stdout).toContain(
    [
      '  address: "4 Mid Road, Acho"',
      "steps[0] (steps/district.ts) makes:",
      '  district is "Acho"',
      "steps[1] (steps/rank.ts) makes:",
      '  rank is "2"',
      "steps[2] (steps/shout.ts) makes:",
      '  name is "BOB"',
      "steps[3] (steps/quiet.ts) lets it pass.",
      "Rules changed:",
      '  name: from name: "BOB"',
    ].join("\n"),
  );
  const written = (await readMapped(ready.work, "people")).output.find(([id]) => id === "4");
  expect(written).toEqual(["4", "bob", "Acho", "2"]);
});

it("explain --key names the step that keeps a row out, and nothing that steps after it would make", async () => {
  const [rejected, filtered] = [await explained("people", "3"), await explained("people", "5", "--json")];

  expect(rejected.stdout).toContain("It is rejected by steps[0]: no address.");
  expect(rejected.stdout).not.toContain("makes:");
  expect(JSON.parse(filtered.stdout)).toMatchObject({
    disposition: "filtered",
    rule: "steps[1]",
    made: [{ step: "steps[0]", file: "steps/district.ts", values: { district: "Bura", name: "Eve" } }],
  });
  expect((await readdir(ready.work)).filter((name) => name.startsWith("."))).toEqual([]);
});

it("explain --key hides whatever a step may have made of personal data, and made personal data from", async () => {
  const [hidden, shown] = [await explained("contacts", "4"), await explained("contacts", "4", "--show-pii")];

  expect(hidden.stdout).toContain('  district is "(hidden: pii)"');
  expect(hidden.stdout).not.toMatch(/acho|bob/i);
  expect(shown.stdout).toContain('  district is "Acho"');
});
