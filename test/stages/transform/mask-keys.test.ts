import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { runProgram } from "../../support/program.js";
import { readMapped } from "./mapped.js";
import { readyToMap, towns } from "./ready.js";

const files = {
  "migration.yaml": "migration: TEST-1\nextracts:\n  towns: { key: [id] }\n",
  "towns.yaml":
    "table: towns\ncolumns:\n  id: id\n  name: { from: name, trim: true, mask: { hash: { key: MASK_TEST_KEY } } }\n",
};
const keys = { first: "the first key of this test", second: "the second key of this test" };

async function ready() {
  const { migration, work } = await readyToMap({ files, extracts: { towns } });
  const run = (key: string | undefined) =>
    runProgram("transform", ["-m", migration, "-w", work], { env: { MASK_TEST_KEY: key } });
  return { work, run };
}

it("without the key, or with one that could be guessed, transform names the variable and writes nothing", async () => {
  const { work, run } = await ready();

  const missing = await run(undefined);
  const short = await run("fifteen letters");

  expect([missing.exitCode, short.exitCode]).toEqual([66, 66]);
  expect(missing.stderr).toContain("MASK_TEST_KEY, which is not set");
  expect(short.stderr).toContain("MASK_TEST_KEY, which has 15 characters, fewer than 16");
  expect(short.stderr).not.toContain("fifteen letters");
  await expect(readdir(join(work, "transform", "towns"))).resolves.not.toContain("manifest.json");
});

it("another key makes the transform stale, the same one does not", async () => {
  const { work, run } = await ready();
  await run(keys.first);
  const { output: before } = await readMapped(work, "towns");

  const again = await run(keys.first);
  const other = await run(keys.second);

  const { output: after } = await readMapped(work, "towns");
  expect(again.stderr).toContain("transform towns: up to date");
  expect(other.stderr).toContain("transform towns: 4 rows read");
  expect(after).not.toEqual(before);
});

it("neither the key nor a masked value stands in any file of the transform, or in what it says", async () => {
  const { work, run } = await ready();

  const { stdout, stderr } = await run(keys.first);

  const folder = join(work, "transform", "towns");
  const names = await readdir(folder);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const texts = contents.map((content, index) =>
    (names[index]?.endsWith(".gz") ? gunzipSync(content) : content).toString(),
  );
  const log = await readFile(join(work, "log.jsonl"), "utf8");
  for (const secret of [keys.first, "Bath", "Dover"])
    expect([...texts, stdout, stderr, log].join("\n")).not.toContain(secret);
});
