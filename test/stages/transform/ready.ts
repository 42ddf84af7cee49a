import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ProgramResult, type RunningProgram, startProgram } from "../../support/program.js";
import { temporaryFolder } from "../../support/work.js";
import { columnsNamed, type Extracted, type Row, writeExtract } from "./extracted.js";

/** A migration whose extracts have been read, ready to be transformed. No database is needed for that. */
export interface Ready {
  /** The migration's folder. */
  readonly migration: string;
  readonly work: string;
  /** Runs `waybill transform` to its end. */
  run(...args: readonly string[]): Promise<ProgramResult>;
  /** Starts it, to be killed. */
  start(...args: readonly string[]): RunningProgram;
  /** Writes a file of the specification. */
  write(name: string, text: string): Promise<void>;
  /** Writes an extract anew. */
  extract(name: string, extracted: Extracted): Promise<void>;
}

export interface ReadyOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly extracts: Readonly<Record<string, Extracted>>;
  /** The name of the folder all of it lies in. */
  readonly folderName?: string;
  /** Where that folder lies; without it, in one that goes when the test is over. */
  readonly within?: string;
}

/** Writes a specification and what its extracts hold. */
export async function readyToMap({ files, extracts, folderName = "here", within }: ReadyOptions): Promise<Ready> {
  const folder = join(within ?? (await temporaryFolder()), folderName);
  const [migration, work] = [join(folder, "migration"), join(folder, "work")];
  const start = (...args: readonly string[]) => startProgram("transform", [...args, "-m", migration, "-w", work]);
  const ready: Ready = {
    migration,
    work,
    run: (...args) => start(...args).result,
    start,
    write: async (name, text) => {
      await mkdir(dirname(join(migration, name)), { recursive: true });
      await writeFile(join(migration, name), text);
    },
    extract: async (name, extracted) => void (await writeExtract(work, name, extracted)),
  };
  for (const [name, text] of Object.entries(files)) await ready.write(name, text);
  for (const [name, extracted] of Object.entries(extracts)) await ready.extract(name, extracted);
  return ready;
}

const places: readonly Row[] = ["Bath", "Cork", "Dover", "Ely"].map((name, index) => [String(index + 1), name]);

/** Towns: four, of which the mapping rejects none. */
export const towns: Extracted = {
  columns: columnsNamed(["id", "name"], { id: "integer" }),
  rows: places,
  key: ["id"],
  keyIsUnique: true,
};

/** So many people in parts of a thousand: some without a name, some twice, some of a town that is not there. */
export function peopleOf(rowCount: number, more: Partial<Extracted> = {}): Extracted {
  const rows = Array.from({ length: rowCount }, (_, index): Row => {
    const name = index % 50 === 7 ? null : ` Person, "${index}" `;
    return [
      String(index - (index % 40 === 39 ? 1 : 0)),
      name,
      String(1 + (index % 41 === 40 ? 8 : index % 4)),
      `${index % 9}`,
    ];
  });
  return {
    columns: columnsNamed(["id", "name", "town", "age"], { id: "integer", town: "integer" }),
    rows,
    key: ["id"],
    partRows: 1000,
    ...more,
  };
}

/** The mapping of towns and people. */
export const townsAndPeople: Readonly<Record<string, string>> = {
  "migration.yaml": "migration: TEST-1\nextracts:\n  towns: { key: [id] }\n  people: { key: [id] }\n",
  "towns.yaml": [
    "table: towns",
    "columns:",
    "  id: id",
    "  name: { from: name, lookup: { file: lookups/towns.csv, key: old, value: new } }",
    "",
  ].join("\n"),
  "lookups/towns.csv": "old,new\nBath,BATH\nCork,CORK\nDover,DOVER\nEly,ELY\n",
  "people.yaml": [
    "table: people",
    "reject: [{ when: name IS NULL, reason: no name }]",
    "columns:",
    "  key: { uuid5: [id] }",
    "  id: id",
    "  name: { from: name, trim: true }",
    "  town: town",
    "dedupe: { by: [id], keep: latest, order: [age] }",
    "expect:",
    "  - relationships: { column: town, to: towns.id }",
    "",
  ].join("\n"),
};
