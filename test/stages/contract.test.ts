import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exitCodeMeanings } from "../../lib/model/errors.js";
import { runProgram } from "../support/program.js";
import { temporaryFolder } from "../support/work.js";

const stages = ["extract", "transform", "load", "validate", "run"];
const programs = [
  ...stages,
  "schema",
  "status",
  "inspect",
  "check",
  "explain",
  "trace",
  "rejects",
  "report",
  "rollback",
];

describe.each(programs)("%s", (program) => {
  it("explains itself with --help, exit codes included, and exits 0", async () => {
    const { exitCode, stdout, stderr } = await runProgram(program, ["--help"]);

    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toContain(`waybill ${program}`);
    const words = stdout.replace(/\s+/g, " ");
    for (const [code, meaning] of exitCodeMeanings) expect(words).toContain(`${code} ${meaning}`);
  });

  it("answers an option it does not know with 64 and the nearest one it knows", async () => {
    const result = await runProgram(program, ["--migratoin", "x"]);

    expect(result).toMatchObject({
      exitCode: 64,
      stdout: "",
      stderr: expect.stringContaining("did you mean --migration?"),
    });
    expect(result.stderr).toContain(`waybill ${program} --help`);
  });

  it("says 66 where there is no migration, and makes nothing", async () => {
    const folder = await temporaryFolder();

    const result = await runProgram(program, [
      ...subjectOf(program),
      "-m",
      join(folder, "none"),
      "-w",
      join(folder, "work"),
    ]);
    const unnamed = await runProgram(program, subjectOf(program), { cwd: folder });

    expect(result).toMatchObject({ exitCode: 66, stdout: "", stderr: expect.stringContaining("none") });
    expect(unnamed).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("-m DIR") });
    await expect(mkdir(join(folder, "work"))).resolves.toBeUndefined();
  });

  it("says 78 with file and line where the specification is wrong", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "migration.yaml"), "migration: TEST\nextarcts: {}\n");

    const result = await runProgram(program, [...subjectOf(program), "-m", folder, "-w", join(folder, "work")]);

    expect(result).toMatchObject({ exitCode: 78, stderr: expect.stringContaining("migration.yaml:2") });
    expect(result.stderr).toContain("extracts");
  });

  it("says the same with --json as one JSON object a line", async () => {
    const { exitCode, stderr } = await runProgram(program, ["--json", ...subjectOf(program), "-m", "/nowhere/at/all"]);

    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(exitCode).toBe(66);
    expect(events.at(-1)).toMatchObject({
      event: "error",
      code: 66,
      message: expect.stringContaining("/nowhere/at/all"),
    });
  });
});

describe.each(stages)("%s", (program) => {
  it.each(["postgresql://me:canary-7f3@host/db", "postgres://me@host/db?password=canary-7f3"])(
    "refuses a password in its arguments with 64, and does not repeat it",
    async (url) => {
      for (const option of [["--source", url], [`--target=${url}`]]) {
        const result = await runProgram(program, option);
        expect(result.exitCode).toBe(64);
        expect(result.stderr).toContain("_URL");
        expect(`${result.stdout}${result.stderr}`).not.toContain("canary-7f3");
      }
    },
  );

  it("takes only whole numbers for --jobs and --sample, and not --key with --sample", async () => {
    for (const words of [
      ["--jobs", "0"],
      ["--jobs", "two"],
      ["--sample", "1e3"],
      ["--sample", "-1"],
      ["--sample", "5", "--key", "1"],
      ["--jobs"],
    ]) {
      expect(await runProgram(program, words)).toMatchObject({ exitCode: 64, stdout: "" });
    }
  });
});

describe("waybill", () => {
  it("lists its programs, and says the nearest to one it does not have", async () => {
    const help = await runProgram("--help", []);
    const wrong = await runProgram("extarct", []);

    for (const program of programs) expect(help.stdout).toContain(`  ${program} `);
    expect(help.exitCode).toBe(0);
    expect(wrong).toMatchObject({ exitCode: 64, stdout: "", stderr: expect.stringContaining("did you mean extract?") });
  });
});

function subjectOf(program: string): readonly string[] {
  if (program === "trace") return ["people", "--key", "1"];
  return ["inspect", "explain", "rejects"].includes(program) ? ["people"] : [];
}
