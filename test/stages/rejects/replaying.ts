import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { type CsvValue, encodeRow } from "../../../lib/model/csv-dialect.js";
import { runProgram, startProgram } from "../../support/program.js";
import { columnsNamed, type Extracted, type Row } from "../transform/extracted.js";
import { readyToMap } from "../transform/ready.js";

export const people = `table: people
reject: [{ when: name IS NULL, reason: no name }]
columns:
  id: id
  name: name
  born: { from: born, date: DD/MM/YYYY, because: All dates are stored in ISO 8601 }
key: [id]
`;

export const rows: readonly Row[] = [
  ["1", "Ada", "31/12/1999"],
  ["2", "Ben", "31/02/1999"],
  ["3", null, "01/01/2000"],
  ["4", "Cy, Jr", "1999"],
  ["5", "Di", "02/01/2000"],
];

export const migration = "migration: TEST-1\nextracts:\n  people: { key: [id] }\n";

/** What is changed in an exported row, by its key: columns, or that it is left out. */
export type Corrections = Readonly<Record<string, Readonly<Record<string, CsvValue>> | "left out">>;

/** A transformed migration with rejects. */
export async function rejected({ held = rows, mapping = people, more = {} as Partial<Extracted> } = {}) {
  const ready = await readyToMap({
    files: { "migration.yaml": migration, "people.yaml": mapping },
    extracts: {
      people: { columns: columnsNamed(["id", "name", "born"], { id: "integer" }), rows: held, key: ["id"], ...more },
    },
  });
  const result = await ready.run();
  expect(result.exitCode, result.stderr).toBe(0);
  const places = ["-m", ready.migration, "-w", ready.work];
  const file = join(ready.work, "..", "corrected.csv");
  return {
    ...ready,
    places,
    file,
    reject: (...words: readonly string[]) => runProgram("rejects", [...words, ...places]),
    startReplay: () => startProgram("rejects", ["replay", "people", file, ...places]),
    /** Exports the rejects and corrects them. */
    correct: async (corrections: Corrections) => {
      const exported = await runProgram("rejects", ["people", "--export", file, "--force", ...places]);
      expect(exported.exitCode, exported.stderr).toBe(0);
      await writeFile(file, corrected(await readFile(file, "utf8"), corrections));
    },
  };
}

function corrected(text: string, corrections: Corrections): string {
  const [header = [], ...body] = parseRows(text);
  const lines = body.flatMap((row) => {
    const change = corrections[row[header.indexOf("_key")] ?? ""] ?? {};
    if (change === "left out") return [];
    return [row.map((value, at) => ((header[at] ?? "") in change ? (change[header[at] ?? ""] ?? null) : value))];
  });
  return [header, ...lines].map(encodeRow).join("");
}
