import { keyMarks } from "../../lib/engine/prepare-engine.js";
import { keptSpecifications } from "../../lib/files/specification-copy.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { listed } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { canonicalJson, type Json } from "../../lib/model/hash.js";
import type { Manifest } from "../../lib/model/manifest.js";
import { readMigration } from "../../lib/program/open-run.js";
import type { Tracing, Transformed } from "./transforms.js";

/** The rules by which a transform mapped its rows, or why they cannot be run again over what it read. */
export type RulesThen =
  | { readonly kind: "known"; readonly migration: Migration; readonly table: Table }
  | { readonly kind: "gone"; readonly why: string };

/**
 * Finds the rules that a transform ran with: the specification as it is, else as one of the copies in the work directory
 * has it. They say what happened only where the extracts still are what the transform read.
 */
export async function rulesThen(tracing: Tracing, transformed: Transformed): Promise<RulesThen> {
  const { manifest } = transformed;
  if (manifest === undefined) return { kind: "gone", why: "nothing was transformed yet" };
  if (tracing.table.query !== undefined)
    return { kind: "gone", why: "a query made the row of all rows of its extracts, and it is nowhere but here" };
  const { gone } = transformed;
  if (gone.length > 0) return { kind: "gone", why: `${listed(gone)} is not there any more, as it was extracted` };
  const changed = changedExtracts(transformed, manifest);
  if (changed.length > 0)
    return { kind: "gone", why: `${changed.join(", ")} was extracted anew since, and holds other rows` };
  const found = (await known(tracing, tracing.migration, manifest)) ?? (await keptRules(tracing, manifest));
  if (found === undefined)
    return { kind: "gone", why: "the rules have changed since, and no copy of those that ran is left" };
  return keysThen(tracing, found, manifest);
}

/** The extracts that are not what the transform read. */
export function changedExtracts({ work, extracts }: Transformed, transform: Manifest): readonly string[] {
  const read = new Map(transform._waybill.inputs.map(({ path, outputHash }) => [path, outputHash]));
  return extracts.flatMap(({ manifest: { _waybill } }) => {
    const path = work.manifestName("extract", _waybill.subject);
    return read.get(path) === _waybill.outputHash ? [] : [_waybill.subject];
  });
}

type Known = Extract<RulesThen, { readonly kind: "known" }>;

async function known({ table }: Tracing, migration: Migration, { _waybill }: Manifest): Promise<Known | undefined> {
  const own = migration.tables.find(({ name }) => name === table.name);
  if (own === undefined || transformFingerprint(migration, own, _waybill.inputs) !== _waybill.fingerprint)
    return undefined;
  return { kind: "known", migration, table: own };
}

async function keptRules(tracing: Tracing, manifest: Manifest): Promise<Known | undefined> {
  for (const folder of await keptSpecifications(tracing.work)) {
    // A copy that this version cannot read any more tells nothing.
    const migration = await readMigration(folder).catch(undefinedWhenOurs);
    const found = migration === undefined ? undefined : await known(tracing, migration, manifest);
    if (found !== undefined) return found;
  }
  return undefined;
}

function undefinedWhenOurs(error: unknown): undefined {
  if (error instanceof StageError) return undefined;
  throw error;
}

// Under another key, `mask` makes other values of the same ones.
function keysThen({ context }: Tracing, found: Known, { _waybill: { details } }: Manifest): RulesThen {
  try {
    const marks = keyMarks(context.environment, found.table) as Json;
    if (canonicalJson(marks) === canonicalJson(details.keyMarks ?? {})) return found;
    return { kind: "gone", why: "the keys of its masks are other ones than then" };
  } catch (error) {
    if (error instanceof StageError && error.kind === "missing") return { kind: "gone", why: error.message };
    throw error;
  }
}
