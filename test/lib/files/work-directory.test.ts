import { chmod, mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bindRun, findWorkDirectory, openWorkDirectory, sourceBinding } from "../../../lib/files/work-directory.js";
import { temporaryFolder } from "../../support/work.js";

it("makes folders for their owner only, the unit's own beside the run's", async () => {
  const path = join(await temporaryFolder(), "deep", "work");

  const run = await openWorkDirectory(path);
  const unit = await openWorkDirectory(path, "key-42");

  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(run.stageFolder("extract", "people")).toBe(join(path, "extract", "people"));
  expect(unit.stageFolder("extract", "people")).toBe(join(path, "units", "key-42", "extract", "people"));
  expect(unit.manifestName("extract", "people")).toBe("extract/people/manifest.json");
  expect([run.run, unit.run]).toEqual([path, path]);
});

it("stays inside the work directory whatever a table or unit is called", async () => {
  const path = join(await temporaryFolder(), "work");

  const work = await openWorkDirectory(path, "../../elsewhere");

  expect(work.root.startsWith(join(path, "units", "%2e"))).toBe(true);
  expect(work.stageFolder("load", "../../../etc").startsWith(join(work.root, "load", "%2e"))).toBe(true);
});

it("belongs to one migration, one source and one target", async () => {
  const path = join(await temporaryFolder(), "work");
  const work = await openWorkDirectory(path);

  await bindRun(work, { migration: "A" });
  await bindRun(work, { migration: "A", source: "postgresql:1/legacy" });
  await bindRun(work, { migration: "A", target: "postgresql:2/new" });
  const bound = await readFile(join(path, "run.json"), "utf8");

  await expect(bindRun(work, { migration: "B" })).rejects.toMatchObject({ kind: "integrity" });
  await expect(bindRun(work, { migration: "A", target: "postgresql:3/production" })).rejects.toMatchObject({
    message: `${path} belongs to the target postgresql:2/new, not to postgresql:3/production`,
  });
  expect(await readFile(join(path, "run.json"), "utf8")).toBe(bound);
  expect(JSON.parse(bound)).toMatchObject({
    migration: "A",
    source: "postgresql:1/legacy",
    target: "postgresql:2/new",
  });
});

it("belongs to every one of its sources, whichever comes first", async () => {
  const path = join(await temporaryFolder(), "work");
  const work = await openWorkDirectory(path);
  const bind = (name: string, identity: string) => bindRun(work, { migration: "A", ...sourceBinding(name, identity) });

  await bind("registry", "postgresql:1/legacy");
  await bind("finance", "postgresql:2/money");

  await expect(bind("finance", "postgresql:1/legacy")).rejects.toMatchObject({
    message: `${path} belongs to the source finance postgresql:2/money, not to postgresql:1/legacy`,
  });
  expect(JSON.parse(await readFile(join(path, "run.json"), "utf8")).sources).toEqual({
    registry: "postgresql:1/legacy",
    finance: "postgresql:2/money",
  });
});

it("is found only where a run of this migration is, and looking makes nothing", async () => {
  const folder = await temporaryFolder();
  await bindRun(await openWorkDirectory(join(folder, "work")), { migration: "A" });

  await findWorkDirectory(join(folder, "work"), "A");
  await expect(findWorkDirectory(join(folder, "work"), "B")).rejects.toMatchObject({ kind: "integrity" });
  await expect(findWorkDirectory(join(folder, "none"), "A")).rejects.toMatchObject({ kind: "missing" });
  expect(await readdir(folder)).toEqual(["work"]);
});

it("refuses a folder that others can write to, and one that is a link", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "open"));
  await chmod(join(folder, "open"), 0o777);
  await mkdir(join(folder, "private"), { mode: 0o700 });
  await symlink(join(folder, "private"), join(folder, "link"));

  await expect(openWorkDirectory(join(folder, "open"))).rejects.toMatchObject({ kind: "forbidden" });
  await expect(openWorkDirectory(join(folder, "link"))).rejects.toMatchObject({ kind: "forbidden" });
});
