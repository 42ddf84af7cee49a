import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readSpecification } from "../../../lib/files/specification.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "specification-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), `content of ${path}`);
  }
}

it("reads the YAML files of the folder and everything in lookups, steps and schema, by path", async () => {
  await write(
    "migration.yaml",
    "people.yaml",
    "b.yml",
    "lookups/a.csv",
    "lookups/deep/b.csv",
    "steps/s.mjs",
    "schema/target.sql",
  );
  await write("README.md", ".hidden.yaml", "lookups/.DS_Store", "other/x.yaml");

  const files = await readSpecification(directory);

  expect(files.map(({ path }) => path)).toEqual([
    ...[
      "b.yml",
      "lookups/a.csv",
      "lookups/deep/b.csv",
      "migration.yaml",
      "people.yaml",
      "schema/target.sql",
      "steps/s.mjs",
    ],
  ]);
  expect(files.map(({ content }) => content.toString())).toEqual(files.map(({ path }) => `content of ${path}`));
});

it("the migration that the quickstart runs is read and accepted", async () => {
  const { tables } = parseMigration(await readSpecification("mappings/relief"));

  expect(tables.map(({ name }) => name)).toEqual(["programmes", "beneficiaries", "distributions"]);
});

it("a folder that is not there, or is a file, is missing", async () => {
  await write("file");

  for (const path of ["nothing", "file", "file/below"]) {
    await expect(readSpecification(join(directory, path))).rejects.toMatchObject({
      kind: "missing",
      message: expect.stringContaining(path),
    });
  }
});

it("a folder without migration.yaml is missing it", async () => {
  await write("people.yaml");

  await expect(readSpecification(directory)).rejects.toMatchObject({
    kind: "missing",
    message: expect.stringContaining("migration.yaml"),
  });
});

it("links are followed inside the folder, as Kubernetes lays them, and not out of it", async () => {
  await write("..data/migration.yaml", "lookups/a.csv");
  await symlink("..data/migration.yaml", join(directory, "migration.yaml"));

  expect((await readSpecification(directory)).map(({ path }) => path)).toEqual(["lookups/a.csv", "migration.yaml"]);

  await symlink("/etc/hostname", join(directory, "lookups/out.csv"));
  await expect(readSpecification(directory)).rejects.toMatchObject({
    kind: "specification",
    message: expect.stringContaining("lookups/out.csv"),
  });
});

it("a link that leads nowhere, or in a circle, is missing its file", async () => {
  await write("migration.yaml");
  await symlink("nowhere", join(directory, "a.yaml"));

  await expect(readSpecification(directory)).rejects.toMatchObject({
    kind: "missing",
    message: expect.stringContaining("a.yaml"),
  });

  await rm(join(directory, "a.yaml"));
  await symlink("a.yaml", join(directory, "a.yaml"));
  await expect(readSpecification(directory)).rejects.toMatchObject({ kind: "missing" });
});

it("what is no regular file is refused", async () => {
  await write("migration.yaml");
  await mkdir(join(directory, "folder.yaml"));

  await expect(readSpecification(directory)).rejects.toMatchObject({
    kind: "specification",
    message: "folder.yaml is not a regular file",
  });
});

it("a YAML file of more than 5 MB is refused", async () => {
  await write("migration.yaml");
  await truncate(join(directory, "migration.yaml"), 5 * 1024 * 1024 + 1);

  await expect(readSpecification(directory)).rejects.toMatchObject({
    kind: "specification",
    message: expect.stringContaining("5242881 bytes"),
  });
});
