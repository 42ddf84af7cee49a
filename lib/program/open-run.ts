import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readSpecification } from "../files/specification.js";
import { keepSpecification, specificationHash } from "../files/specification-copy.js";
import {
  assertBound,
  bindRun,
  openWorkDirectory,
  planWorkDirectory,
  replayDirectory,
  type WorkDirectory,
} from "../files/work-directory.js";
import { chooseTables } from "../mapping/choose-tables.js";
import type { Migration, Table } from "../mapping/migration.js";
import { parseMigration } from "../mapping/parse-migration.js";
import { migrationOfUnit, planUnit, type Unit } from "../mapping/unit.js";
import { StageError } from "../model/errors.js";
import { assertSourceOptions } from "./database-url.js";
import type { StageOptions } from "./options.js";
import type { Reporter } from "./reporter.js";
import type { Context } from "./run-program.js";

/** One run of one migration, opened: what every stage works on. */
export interface Run {
  readonly migration: Migration;
  readonly work: WorkDirectory;
  readonly options: StageOptions;
  readonly context: Context;
  readonly reporter: Reporter;
  /** The tables to work on, parents first: those asked for, and for a unit those they refer to. */
  readonly tables: readonly Table[];
  /** The hash of the specification as it was read. */
  readonly specification: string;
  /** What `--key` or `--sample` ask for: its stages lie in units/ and never touch the full run's files. */
  readonly unit: Unit | undefined;
  /** Where parents are: `work`, but for a replay, whose parents are those of the run. */
  readonly parents: WorkDirectory;
  /** The name of the replay that `work` is of, if it is one. */
  readonly replay: string | undefined;
  /** The command that runs `stage` for `subject` here, as somebody would type it. */
  command(stage: string, subject: string, more?: string): string;
}

type Places = Pick<StageOptions, "migration" | "work">;

/** Reads the specification and opens the work directory (a unit's, with `--key` or `--sample`), bound to the migration. */
export async function openRun(options: StageOptions, context: Context): Promise<Run> {
  const whole = await readMigration(options.migration);
  assertSourceOptions(whole, options.sources);
  const unit = planUnit(whole, options);
  const migration = unit === undefined ? whole : migrationOfUnit(whole, unit);
  const work = options.dryRun ? await rehearsed(migration, options, unit) : await opened(migration, options, unit);
  if (!options.dryRun) context.reporter.keepLogIn(work.run, unit?.name);
  return {
    migration,
    // Only when it is asked for: the names that extract is given are not those of tables.
    get tables() {
      return unit === undefined ? chooseTables(migration, options.names) : migration.tables;
    },
    unit,
    work,
    parents: work,
    replay: undefined,
    options,
    context,
    reporter: context.reporter,
    specification: specificationHash(migration.files),
    // A unit is run by the names it was asked for: its parents' names alone would make another unit.
    command: (stage, subject, more) =>
      unit === undefined
        ? commandLine(options, [stage, subject, more])
        : commandLine(options, [stage, ...options.names, more, ...unitWords(options)]),
  };
}

/** The run as a replay of a table's rejects sees it: it works in a folder of its own, on that table alone. */
export function replayOf(run: Run, table: Table, name: string): Run {
  return { ...run, tables: [table], work: replayDirectory(run.work, table.name, name), replay: name };
}

async function opened(migration: Migration, options: StageOptions, unit: Unit | undefined): Promise<WorkDirectory> {
  const work = await openWorkDirectory(options.work ?? join("work", migration.id), unit?.name);
  await bindRun(work, { migration: migration.id });
  await keepSpecification(work, migration.files);
  return work;
}

// A dry run leaves nothing behind, not even an empty folder or a line in the log.
async function rehearsed(migration: Migration, options: StageOptions, unit: Unit | undefined): Promise<WorkDirectory> {
  const work = planWorkDirectory(options.work ?? join("work", migration.id), unit?.name);
  await assertBound(work, { migration: migration.id });
  return work;
}

/**
 * Reads and checks the migration in `folder`, or where it is expected when none was given, as if the files `leftOut`
 * were not there.
 */
export async function readMigration(folder: string | undefined, leftOut: readonly string[] = []): Promise<Migration> {
  const files = await readSpecification(folder ?? (await defaultFolder()));
  return parseMigration(files.filter(({ path }) => !leftOut.includes(path)));
}

async function defaultFolder(): Promise<string> {
  if (await exists("migration.yaml")) return ".";
  const names = await readdir("mappings").catch(() => []);
  const folders: string[] = [];
  for (const name of names.sort())
    if (await exists(join("mappings", name, "migration.yaml"))) folders.push(join("mappings", name));
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) return only;
  throw new StageError(
    "missing",
    folders.length === 0
      ? "there is no migration.yaml here and none in mappings/"
      : `mappings/ holds ${folders.length} migrations: ${folders.join(", ")}`,
    "say which one with -m DIR",
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function unitWords({ key, sample }: StageOptions): readonly string[] {
  if (key !== undefined) return [`--key '${key}'`];
  return sample === undefined ? [] : [`--sample ${sample}`];
}

/** A command as somebody would type it to go on, with the same folders as this one. */
export function commandLine(places: Places, words: readonly (string | undefined)[]): string {
  const folders = [places.migration && `-m ${places.migration}`, places.work && `-w ${places.work}`];
  return ["waybill", ...words, ...folders].filter((word) => word !== undefined && word !== "").join(" ");
}
