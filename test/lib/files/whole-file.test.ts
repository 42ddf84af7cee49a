import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { draftOf, writeWhole } from "../../../lib/files/whole-file.js";
import { temporaryFolder } from "../../support/work.js";

it("publishes the whole content under its name, for its owner only, and leaves no draft", async () => {
  const folder = await temporaryFolder();

  await writeWhole(join(folder, "a.json"), "first");
  await writeWhole(join(folder, "a.json"), "second");

  expect(await readdir(folder)).toEqual(["a.json"]);
  expect(await readFile(join(folder, "a.json"), "utf8")).toBe("second");
  expect((await stat(join(folder, "a.json"))).mode & 0o777).toBe(0o600);
});

it("lets a reader see the old content or the new, never half of it", async () => {
  const path = join(await temporaryFolder(), "manifest.json");
  const contents = ["a".repeat(300_000), "b".repeat(300_000)];
  await writeWhole(path, contents[0] ?? "");
  let isWriting = true;
  const seen = new Set<string>();
  const reading = (async () => {
    while (isWriting) seen.add(await readFile(path, "utf8"));
  })();

  for (let turn = 0; turn < 40; turn += 1) await writeWhole(path, contents[turn % 2] ?? "");
  isWriting = false;
  await reading;

  expect([...seen].every((content) => contents.includes(content))).toBe(true);
});

it("gets over the draft of a killed run", async () => {
  const path = join(await temporaryFolder(), "manifest.json");
  await writeFile(draftOf(path), "half a mani");

  await writeWhole(path, "whole");

  expect(await readFile(path, "utf8")).toBe("whole");
});

it("never writes through a link, neither under the draft's name nor under the final one", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "manifest.json");
  await writeFile(join(folder, "victim"), "untouched");
  await symlink(join(folder, "victim"), draftOf(path));
  await symlink(join(folder, "victim"), path);

  await writeWhole(path, "ours");

  expect(await readFile(join(folder, "victim"), "utf8")).toBe("untouched");
  expect(await readFile(path, "utf8")).toBe("ours");
});

it("says 74 where the disk will not take it", async () => {
  await expect(writeWhole("/proc/nothing", "x")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(writeWhole("/sys/kernel/manifest.json", "x")).rejects.toMatchObject({ kind: "disk" });
});
