import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { lockFolder } from "../../../lib/files/lock.js";
import { temporaryFolder } from "../../support/work.js";

const built = new URL("../../../dist/lib/files/lock.js", import.meta.url).href;

/** Takes the lock as a process of its own, holds it for a while, and says how that went. */
function contender(folder: string, holdMs: number): Promise<string> {
  const program = `
    import { lockFolder } from ${JSON.stringify(built)};
    const wait = (ms) => new Promise((done) => setTimeout(done, ms));
    try {
      await lockFolder(${JSON.stringify(folder)}, process.pid);
      await wait(${holdMs});
      process.stdout.write("won");
    } catch (error) { process.stdout.write(error.kind ?? String(error)); }`;
  return promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]).then(({ stdout }) => stdout);
}

it("lets exactly one of 16 racing processes win, and tells the others to try later", async () => {
  const folder = await temporaryFolder();

  const outcomes = await Promise.all(Array.from({ length: 16 }, () => contender(folder, 4000)));

  expect(outcomes.sort()).toEqual([...Array<string>(15).fill("temporary"), "won"]);
  expect((await readdir(folder)).filter((name) => name !== ".lock")).toEqual([]);
});

it("lets exactly one of 16 win a dead owner's lock", async () => {
  const folder = await temporaryFolder();
  await contender(folder, 0); // ends without releasing

  const outcomes = await Promise.all(Array.from({ length: 16 }, () => contender(folder, 4000)));

  expect(outcomes.filter((outcome) => outcome === "won")).toHaveLength(1);
});

it("says who holds it", async () => {
  const folder = await temporaryFolder();
  const lock = await lockFolder(folder, process.pid);

  await expect(lockFolder(folder, process.pid)).rejects.toMatchObject({
    kind: "temporary",
    message: expect.stringMatching(
      new RegExp(`^${folder} is in use by process ${process.pid} on ${hostname()}, since \\d{4}-[-0-9]+ [0-9:]+\\+00$`),
    ),
  });
  await lock.release();
  await (await lockFolder(folder, process.pid)).release();
  expect(await readdir(folder)).toEqual([]);
});

it("takes over the lock of a process whose number was given to another", async () => {
  const folder = await temporaryFolder();
  const holder = await holderOf(folder);
  await writeFile(join(folder, ".lock"), JSON.stringify({ ...holder, startTicks: "1" }));

  await lockFolder(folder, process.pid);

  expect(await holderOf(folder)).toMatchObject({ pid: process.pid });
});

it("takes over a lock from before the machine was restarted, or one that a power loss tore", async () => {
  const folder = await temporaryFolder();
  const holder = await holderOf(folder);
  for (const torn of [JSON.stringify({ ...holder, bootId: "before" }), "", "{"]) {
    await writeFile(join(folder, ".lock"), torn);
    await (await lockFolder(folder, process.pid)).release();
  }

  expect(await readdir(folder)).toEqual([]);
});

it("never takes over a lock of another host, whatever it looks like", async () => {
  const folder = await temporaryFolder();
  const foreign = { ...(await holderOf(folder)), host: "elsewhere", bootId: "other", startTicks: "1" };
  await writeFile(join(folder, ".lock"), JSON.stringify(foreign));

  await expect(lockFolder(folder, process.pid)).rejects.toMatchObject({
    kind: "temporary",
    message: expect.stringContaining("on elsewhere"),
  });
});

/** What this process writes into a lock; the lock is left released or, where one stands, as it is. */
async function holderOf(folder: string): Promise<object> {
  const path = join(folder, ".lock");
  const standing = await readFile(path, "utf8").catch(() => undefined);
  if (standing !== undefined) return JSON.parse(standing);
  const lock = await lockFolder(folder, process.pid);
  const text = await readFile(path, "utf8");
  await lock.release();
  return JSON.parse(text);
}
