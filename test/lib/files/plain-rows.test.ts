import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writePlainRows } from "../../../lib/files/plain-rows.js";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import { temporaryFolder } from "../../support/work.js";

const columns = ["id", "note"];

async function* rowsOf(...rows: readonly (readonly CsvValue[])[]) {
  yield* rows;
}

async function* broken(): AsyncGenerator<readonly CsvValue[]> {
  yield ["1", "whole"];
  throw new Error("the second row is damaged");
}

it("writes rows that tell NULL, the empty string and the text \\N apart, for their owner alone", async () => {
  const path = join(await temporaryFolder(), "rows.csv");

  await writePlainRows(path, { columns, rows: rowsOf(["1", null], ["2", ""], ["3", "\\N"]), replaces: false });

  expect(await readFile(path, "utf8")).toBe('id,note\n1,\\N\n2,\n3,"\\N"\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it("leaves a file that is there as it is, unless it may go, and no draft beside it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "rows.csv");
  await writeFile(path, "somebody's work");

  const refused = writePlainRows(path, { columns, rows: rowsOf(), replaces: false });
  await expect(refused).rejects.toMatchObject({ kind: "usage", message: `${path} is there already` });
  expect(await readFile(path, "utf8")).toBe("somebody's work");

  await writePlainRows(path, { columns, rows: rowsOf(), replaces: true });
  expect(await readFile(path, "utf8")).toBe("id,note\n");
  expect(await readdir(folder)).toEqual(["rows.csv"]);
});

it("writes the whole file or none, and says which folder is not there", async () => {
  const folder = await temporaryFolder();

  const torn = writePlainRows(join(folder, "rows.csv"), { columns, rows: broken(), replaces: false });
  await expect(torn).rejects.toThrow("the second row is damaged");

  const lost = writePlainRows(join(folder, "none/rows.csv"), { columns, rows: rowsOf(), replaces: false });
  await expect(lost).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("none/rows.csv") });
  expect(await readdir(folder)).toEqual([]);
});
