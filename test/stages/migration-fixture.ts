import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ProgramResult, runProgram } from "../support/program.js";
import { temporaryFolder } from "../support/work.js";

/** A migration of one test's own, and the programs run on it. */
export interface TestMigration {
  readonly folder: string;
  /** The migration's folder and the work directory: rewrite a file, look at a manifest. */
  readonly specification: string;
  readonly work: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a program with -m and -w set; `more` is added to the environment. */
  run(program: string, args?: readonly string[], more?: TestMigration["environment"]): Promise<ProgramResult>;
}

export interface MigrationOptions {
  readonly source: string;
  readonly target?: string | undefined;
  readonly extracts: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes a migration's files; `extracts` is what stands below `extracts:`, one line each. */
export async function createMigration(options: MigrationOptions): Promise<TestMigration> {
  const migration = migrationIn(await temporaryFolder(), options);
  await migration.write(specificationOf(options));
  return migration;
}

/** The files of a migration. A migration needs a table; extract does not look at it. */
export function specificationOf({ extracts, files }: MigrationOptions): Readonly<Record<string, string>> {
  return {
    "migration.yaml": ["migration: TEST-1", "extracts:", ...extracts.map((line) => `  ${line}`), ""].join("\n"),
    ...(files ?? { "anything.yaml": `table: anything\nfrom: ${nameOf(extracts[0] ?? "")}\ncolumns: all\n` }),
  };
}

/** A migration in a folder where its files stand, or will. */
export function migrationIn(
  folder: string,
  { source, target }: Pick<MigrationOptions, "source" | "target">,
): TestMigration {
  const specification = join(folder, "migration");
  const work = join(folder, "work");
  const environment = { WAYBILL_SOURCE_URL: source, WAYBILL_TARGET_URL: target };
  const write = async (files: Readonly<Record<string, string>>) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(specification, name)), { recursive: true });
      await writeFile(join(specification, name), content);
    }
  };
  const run: TestMigration["run"] = (program, args = [], more = {}) =>
    runProgram(program, [...args, "-m", specification, "-w", work], { env: { ...environment, ...more }, cwd: folder });
  return { folder, specification, work, environment, write, run };
}

// `"my table": { key: [id] }` → `"my table"`
function nameOf(line: string): string {
  return line.slice(0, line.indexOf(": "));
}
