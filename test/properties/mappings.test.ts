import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { allOrigins } from "../../lib/mapping/origins/all-origins.js";
import { allRules } from "../../lib/mapping/rules/all-rules.js";
import { snapshotOf } from "../stages/stage-files.js";
import type { Extracted, Row } from "../stages/transform/extracted.js";
import { contentOf, readMapped, transformFolder } from "../stages/transform/mapped.js";
import { readyToMap } from "../stages/transform/ready.js";
import { runProgram } from "../support/program.js";
import { assertProven } from "./proof.js";
import { maskKey, optionsOf, originOptions, standInOf } from "./rule-options.js";
import { anyRows, canary, extractOf } from "./source-rows.js";
import { followsSourceOrder, type Specification, specifications, tables } from "./specifications.js";

// Each run maps four tables of a mapping nobody thought of. WAYBILL_PROPERTY_RUNS=500 looks longer. A failure names its seed
// and its path: with both in WAYBILL_PROPERTY_SEED and WAYBILL_PROPERTY_PATH it is looked at again, and made smaller.

const { WAYBILL_PROPERTY_RUNS: runs, WAYBILL_PROPERTY_SEED: seed, WAYBILL_PROPERTY_PATH: path } = process.env;

/** Each run is processes, and making a failure smaller is hundreds of them: nobody waits for that unasked. */
const parameters = (numRuns: number) => ({
  numRuns: runs === undefined ? numRuns : Number(runs),
  endOnFailure: path === undefined,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(path === undefined ? {} : { path }),
});

const timeout = 60_000 * Math.max(4, Number(runs ?? 0));

const env = { [maskKey]: "a key that everybody may know" };

interface Example {
  readonly specification: Specification;
  readonly people: readonly Row[];
  readonly visits: readonly Row[];
}

const examples: fc.Arbitrary<Example> = fc.record({ specification: specifications, people: anyRows, visits: anyRows });

type Extracts = Readonly<Record<"people" | "visits", Extracted>>;

function extractsOf({ specification, people, visits }: Example, more: Partial<Extracted>): Extracts {
  return {
    people: extractOf(people, ["id"], more),
    visits: extractOf(visits, specification.visitsKey, more),
  };
}

/** Maps an example to its end, which is done or, for rejects that nobody limits, no other; the work folder. */
async function mapped(example: Example, jobs: number, extracts: Extracts): Promise<string> {
  const { migration, work } = await readyToMap({ files: example.specification.files, extracts });
  const args = ["-m", migration, "-w", work, "--jobs", String(jobs)];
  const { exitCode, stderr, stdout } = await runProgram("transform", args, { env });
  expect([0, 1], stderr).toContain(exitCode);
  expect(stdout + stderr).not.toContain(canary);
  return work;
}

const prefixes = ["part-", "ledger-", "rejects", "changes"] as const;

async function contentsOf(work: string): Promise<Readonly<Record<string, string>>> {
  const names = tables.flatMap((table) => prefixes.map((prefix) => [table, prefix] as const));
  const contents = names.map(async ([table, prefix]) => [`${table} ${prefix}`, await contentOf(work, table, prefix)]);
  return Object.fromEntries(await Promise.all(contents));
}

it("every rule and every origin has a part in these properties", () => {
  expect(Object.keys(optionsOf).sort()).toEqual(allRules.map(({ kind }) => kind).sort());
  expect(Object.keys(originOptions).sort()).toEqual(allOrigins.map(({ kind }) => kind).sort());
  for (const { kind, otherwiseFault } of allRules) {
    expect(otherwiseFault(standInOf(kind, {}), {})).toBeUndefined();
  }
});

it("of any mapping and any rows, every row ends in one place, whole, and no value changes without a line", {
  timeout,
}, async () => {
  const property = fc.asyncProperty(examples, fc.integer({ min: 1, max: 9 }), async (example, partRows) => {
    const extracts = extractsOf(example, { partRows });

    const work = await mapped(example, 2, extracts);

    await assertProven(work, example.specification, extracts);
    for (const table of tables) {
      const { rejects } = await readMapped(work, table);
      const manifest = await readFile(join(transformFolder(work, table), "manifest.json"), "utf8");
      expect(manifest + rejects.map(([, reason]) => reason).join()).not.toContain(canary);
    }
    expect(await readFile(join(work, "log.jsonl"), "utf8")).not.toContain(canary);
  });
  await fc.assert(property, parameters(5));
});

it("of any mapping and any rows, neither the cut of the parts nor --jobs changes a character", {
  timeout,
}, async () => {
  const cuts = fc.record({ partRows: fc.integer({ min: 1, max: 9 }), partsBy: fc.constantFrom("key", "date") });
  const property = fc.asyncProperty(examples, cuts, async (example, cut) => {
    const whole = await mapped(example, 1, extractsOf(example, {}));
    const inParts = await mapped(example, 3, extractsOf(example, cut));

    expect(await contentsOf(inParts)).toEqual(await contentsOf(whole));
  });
  await fc.assert(property, parameters(3));
});

it("of any mapping and any rows, two runs give the same bytes, manifests included", { timeout }, async () => {
  const property = fc.asyncProperty(examples, fc.integer({ min: 1, max: 9 }), async (example, partRows) => {
    const extracts = extractsOf(example, { partRows });

    const [one, two] = [await mapped(example, 1, extracts), await mapped(example, 3, extracts)];

    for (const table of tables) expect(await bytesOf(two, table)).toEqual(await bytesOf(one, table));
  });
  await fc.assert(property, parameters(1));
});

async function bytesOf(work: string, table: string): Promise<readonly string[]> {
  const files = Object.entries(await snapshotOf(transformFolder(work, table)));
  return files.map(([file, content]) => file.slice(work.length) + content.slice(content.indexOf(" ")));
}

const shuffled = (rows: readonly Row[]) => fc.shuffledSubarray([...rows], { minLength: rows.length });

const permuted = examples
  .filter(({ specification }) => !followsSourceOrder(specification))
  .chain((example) =>
    fc.tuple(fc.constant(example), shuffled(example.people), shuffled(example.visits), fc.integer({ min: 1, max: 9 })),
  );

it("of any mapping, the order in which rows come does not change which are written and which rejected, and why", {
  timeout,
}, async () => {
  const property = fc.asyncProperty(permuted, async ([example, people, visits, partRows]) => {
    const sorted = extractsOf(example, {});
    // As a source might give them that sorts in a way of its own: parts by date hold keys in any order.
    const asTheyCome = { partRows, partsBy: "date" } as const;
    const others = {
      people: { ...sorted.people, ...asTheyCome, rows: people },
      visits: { ...sorted.visits, ...asTheyCome, rows: visits },
    };

    const wanted = await outcomesOf(await mapped(example, 1, sorted));
    expect(await outcomesOf(await mapped(example, 3, others))).toEqual(wanted);
  });
  await fc.assert(property, parameters(2));
});

/** What became of the rows, whatever their order: equal rows cannot be told apart, and need not be. */
async function outcomesOf(work: string): Promise<unknown> {
  const outcomes = tables.map(async (table) => {
    const { output, rejects, manifest } = await readMapped(work, table);
    const out = rejects.map(([rule, reason, extract, key, , ...row]) =>
      JSON.stringify([rule, reason, extract, key, ...row]),
    );
    const { counts, checksum, details } = manifest._waybill;
    return [
      table,
      {
        counts,
        checksum,
        rules: details.rules,
        output: output.map((row) => JSON.stringify(row)).sort(),
        out: out.sort(),
      },
    ];
  });
  return Object.fromEntries(await Promise.all(outcomes));
}
