import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseRows } from "../../../../lib/files/csv-rows.js";
import { StageError } from "../../../../lib/model/errors.js";
import type { Level } from "../../../../lib/program/level.js";
import type { Context } from "../../../../lib/program/run-program.js";
import { seededRandom } from "../../../../scripts/torment/kills.js";
import { parseValidateOptions } from "../../../../stages/validate/options.js";
import { validate } from "../../../../stages/validate/validate.js";
import { beginning } from "../../../support/beginning.js";
import type { TestDatabase } from "../../../support/postgres.js";
import { migrationIn, specificationOf, type TestMigration } from "../../migration-fixture.js";
import { manifestIn, textOf } from "../../stage-files.js";
import type { Check } from "../loaded.js";
import { mysql } from "./mysql/server.js";
import { postgres } from "./postgres/server.js";
import { type ChooseRow, type RowMutation, rowMutations } from "./row-mutations.js";
import type { ObjectMutation, Server } from "./server.js";
import { rowsSql, tables, tablesSql } from "./world.js";

// WAYBILL_MUTATIONS=200 tries as many changes, and half as many rewritings; WAYBILL_SEED those of an earlier run.
const wanted = process.env.WAYBILL_MUTATIONS;
const seed = Number(process.env.WAYBILL_SEED ?? Date.now() % 1_000_000);
const random = seededRandom(seed);

interface World extends TestMigration {
  readonly target: TestDatabase;
  /** Puts the databases back as they were when the target had been loaded. */
  restore(): Promise<void>;
}

/** A migration of all tables, loaded; the target is kept as it then was. */
async function loadedWorld({ database }: Server): Promise<World> {
  const databases = { source: `${tablesSql}${rowsSql}`, target: database };
  const urls = (of: Readonly<Record<"source" | "target", TestDatabase>>) => ({
    source: of.source.url,
    target: of.target.url,
  });
  const begun = await beginning(databases, "mutations", async ({ folder, databases: made }) => {
    const migration = migrationIn(folder, urls(made));
    const files = Object.fromEntries(
      tables.map(({ name }) => [`${name}.yaml`, `table: ${name}\nfrom: ${name}\ncolumns: all\n`]),
    );
    await migration.write(specificationOf({ ...urls(made), extracts: tables.map(({ name }) => `${name}: {}`), files }));
    for (const stage of ["extract", "transform", "load"]) {
      const { exitCode, stderr } = await migration.run(stage);
      if (exitCode !== 0) throw new Error(`${stage} exited with ${exitCode}: ${stderr}`);
    }
  });
  const { folder, databases: made, restore } = begun;
  return { ...migrationIn(folder, urls(made)), target: made.target, restore };
}

/** Runs validate within this process, a second and its start saved each time: whether it found everything as it must be. */
async function isValid({ specification, work, environment }: World, level: Level): Promise<boolean> {
  const options = await parseValidateOptions(["--no-source", "--level", level, "-m", specification, "-w", work]);
  if ("print" in options) throw new Error(options.print);
  const silent = { say() {}, warn() {}, record() {}, output: () => true, keepLogIn() {} };
  const reporter = { ...silent, progress: () => ({ advance() {}, finish() {} }) };
  try {
    await validate(options, { reporter, environment, pid: process.pid } satisfies Context);
    return true;
  } catch (error) {
    if (error instanceof StageError && error.kind === "difference") return false;
    throw error;
  }
}

/** What validate says of a table: the lines of its differences, and its checks. */
async function saidOf({ work }: World, table: string) {
  const folder = join(work, "validate", table);
  const lines = parseRows(await textOf(join(folder, "differences.csv.gz"))).slice(1);
  const { details } = (await manifestIn(folder))._waybill;
  return { lines, checks: details.checks as unknown as readonly Check[] };
}

type Said = Awaited<ReturnType<typeof saidOf>>;

function faultsOf(mutation: RowMutation | ObjectMutation, { lines, checks }: Said): readonly string[] {
  if ("check" in mutation) {
    const check = checks.find(({ name }) => name === mutation.check);
    const isFound = check?.verdict === "failed" && String(check.actual).includes(mutation.found);
    return isFound ? [] : [`${mutation.check}: ${check?.verdict}, ${check?.actual}`];
  }
  const isOf = ([kind, key, column]: readonly (string | null)[], wanted: RowMutation["lines"][number]): boolean =>
    kind === wanted.kind && key === (wanted.key ?? key) && column === (wanted.column ?? column);
  const missing = mutation.lines.filter((wanted) => !lines.some((line) => isOf(line, wanted)));
  // Where a parent's row was taken away in the same breath, its children are orphans.
  const others = lines.filter((line) => line[0] !== "orphan" && !mutation.lines.some((wanted) => isOf(line, wanted)));
  return [
    ...missing.map((line) => `does not say ${Object.values(line).join(" ")}`),
    ...others.map((line) => `says ${line.slice(0, 3).join(" ")}`),
  ];
}

/** One way after another, each once before any comes again, in an order of chance. */
function* dealt<Way>(ways: readonly Way[]): Generator<Way> {
  for (;;) yield* shuffled(ways);
}

function shuffled<Way>(ways: readonly Way[]): readonly Way[] {
  return ways
    .map((way) => ({ way, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ way }) => way);
}

type Ways = Generator<ChooseRow | ObjectMutation>;

async function mutate({ target }: World, ways: Ways): Promise<RowMutation | ObjectMutation> {
  for (;;) {
    const way = ways.next().value;
    const mutation = typeof way === "function" ? await way(target, random) : way;
    if (mutation === undefined) continue;
    await target.query(mutation.sql);
    return mutation;
  }
}

describe.each([
  ["PostgreSQL", postgres],
  ["MySQL", mysql],
] as const)("of a target in %s", (_, server) => {
  const count = wanted === undefined ? server.mutationCount : Number(wanted);
  const again = `again: WAYBILL_SEED=${seed} WAYBILL_MUTATIONS=${count}`;

  it(`validate finds and names ${count} changes of the target, one in a table at a time (${again})`, async () => {
    const world = await loadedWorld(server);
    const decks = server.tables.map((table) =>
      dealt([...rowMutations(server, table), ...server.objectMutations(table.name)]),
    );
    const faults: string[] = [];
    let tried = 0;

    for (let round = 0; tried < count; round += 1) {
      const mutations: (RowMutation | ObjectMutation)[] = [];
      const level = server.levels[round % server.levels.length] ?? "rows";
      for (const deck of decks.slice(0, count - tried)) mutations.push(await mutate(world, deck));
      expect(await isValid(world, level), again).toBe(false);
      for (const mutation of mutations) {
        const found = faultsOf(mutation, await saidOf(world, mutation.table));
        faults.push(
          ...found.map((fault) => `${mutation.table}, ${mutation.what} (${mutation.sql}), by ${level}: ${fault}`),
        );
      }
      tried += mutations.length;
      await world.restore();
    }

    expect(faults, again).toEqual([]);
  }, 900_000);

  it(`validate reports none of ${count / 2} rewritings that mean the same (${again})`, async () => {
    const world = await loadedWorld(server);
    const deck = dealt(server.rewritings(world.target.name));

    for (let tried = 0; tried < count / 2; tried += 10) {
      const statements: string[] = [];
      for (const rewriting of Array.from({ length: Math.min(10, count / 2 - tried) }, () => deck.next().value))
        for (const statement of rewriting) {
          statements.push(statement);
          await world.target.query(statement);
        }
      for (const level of server.levels) {
        const valid = await isValid(world, level);
        const failed = valid ? [] : await failedChecks(world);
        expect(failed, `${again}, by ${level}\n${statements.join("\n")}`).toEqual([]);
        expect(valid).toBe(true);
      }
      await world.restore();
    }
  }, 900_000);
});

async function failedChecks(world: World): Promise<readonly string[]> {
  const all = await Promise.all(tables.map(async ({ name }) => (await saidOf(world, name)).checks));
  return all.flat().flatMap(({ name, verdict, actual }) => (verdict === "failed" ? [`${name}: ${actual}`] : []));
}
