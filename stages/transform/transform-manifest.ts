import type { TransformInputs } from "../../lib/engine/mapping-inputs.js";
import { changeColumns, ledgerColumns, rejectColumns } from "../../lib/engine/output-sql.js";
import type { MappingPlan, TablePlans } from "../../lib/engine/plan-mapping.js";
import { keyMarks } from "../../lib/engine/prepare-engine.js";
import { replayRule } from "../../lib/engine/written-before.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Query, Table } from "../../lib/mapping/migration.js";
import { namedRules } from "../../lib/mapping/named-rules.js";
import { secretsOf } from "../../lib/mapping/secrets.js";
import { assertBalanced, type TransformCounts } from "../../lib/model/counts.js";
import type { Json } from "../../lib/model/hash.js";
import { buildManifest, type Field, type Manifest, type Resource } from "../../lib/model/manifest.js";
import type { ExtractName } from "../../lib/model/names.js";
import { fieldOf, partName, resourceOf } from "../../lib/model/resource.js";
import { isOneMoment } from "../../lib/model/snapshots.js";
import type { Run } from "../../lib/program/open-run.js";
import { tool } from "../../lib/program/tool.js";
import type { TransformResult } from "./outputs.js";
import { verdictOf } from "./plan.js";

interface Transformed {
  readonly table: Table;
  readonly plans: TablePlans;
  readonly inputs: TransformInputs;
  readonly result: TransformResult;
  readonly engine: string;
}

/** The manifest of a table that was mapped whole; throws when a row is not accounted for. */
export function transformManifest(run: Run, { table, plans, inputs, result, engine }: Transformed): Manifest {
  const extracts = plans.map((plan) => countsOf(plan, result));
  for (const { extract, ...counts } of extracts) assertBalanced(table.name, extract, counts);
  const counts = sumOf(extracts);
  const [plan] = plans;
  return buildManifest(resourcesOf(plans, result), {
    stage: "transform",
    subject: table.name,
    migration: run.migration.id,
    fingerprint: transformFingerprint(run.migration, table, inputs.inputs),
    inputs: inputs.inputs,
    snapshots: inputs.snapshots,
    counts: { ...counts },
    checksum: result.checksum,
    // How many rejects are accepted is asked of the whole table, not of a few rows that were rejected before.
    verdict: run.replay === undefined ? verdictOf(run.migration, table.name, counts) : { code: 0, reasons: [] },
    tool: { ...tool(), engine },
    details: {
      oneMoment: isOneMoment(inputs.snapshots),
      // `counts` is the sum of these: what was read is accounted for extract by extract.
      extracts: extracts.map((one) => ({ ...one })),
      ...(table.query === undefined ? {} : { query: queryJson(table.query, inputs) }),
      ledger: table.ledger,
      rules: rulesJson(table, plan, result),
      ...(secretsOf(table).length > 0 ? { keyMarks: keyMarks(run.context.environment, table) } : {}),
      targetKey: plan.targetKey.map((index) => plan.compiled.columns[index]?.name ?? ""),
    },
  });
}

// Stated beside the counts and balanced against nothing: a query joins, groups and leaves out as it says.
function queryJson({ lineage, sql }: Query, { extractRows }: TransformInputs): Json {
  return { sql, lineage: lineage === undefined ? "none" : { ...lineage }, extracts: { ...extractRows } };
}

interface ExtractCounts extends TransformCounts {
  readonly extract: ExtractName;
}

function countsOf({ extract, input }: MappingPlan, { counts }: TransformResult): ExtractCounts {
  const own = counts.filter((part) => part.extract === extract);
  const sum = (name: "filtered" | "rejected" | "deduplicated" | "written"): number =>
    own.reduce((total, count) => total + count[name], 0);
  return {
    extract,
    read: input.manifest._waybill.counts.read ?? 0,
    filtered: sum("filtered"),
    rejected: sum("rejected"),
    deduplicated: sum("deduplicated"),
    written: sum("written"),
  };
}

function sumOf(extracts: readonly ExtractCounts[]): TransformCounts {
  const sum = (name: keyof TransformCounts): number => extracts.reduce((total, count) => total + count[name], 0);
  return {
    read: sum("read"),
    filtered: sum("filtered"),
    rejected: sum("rejected"),
    deduplicated: sum("deduplicated"),
    written: sum("written"),
  };
}

function resourcesOf(plans: TablePlans, { parts, ledgers, rejects, changes }: TransformResult): readonly Resource[] {
  const texts = (names: readonly string[]): readonly Field[] => names.map((name) => fieldOf({ name, type: "string" }));
  const sourceFields = plans[0].allSourceColumns.map(fieldOf);
  const targetFields = targetColumnsOf(plans).map(fieldOf);
  return [
    ...parts.map((file, index) =>
      resourceOf(file, { path: partName("part", index), role: "part", fields: targetFields }),
    ),
    ...ledgers.map((file, index) =>
      resourceOf(file, { path: partName("ledger", index), role: "ledger", fields: texts(ledgerColumns) }),
    ),
    resourceOf(rejects, {
      path: "rejects.csv.gz",
      role: "rejects",
      fields: [...texts(rejectColumns), ...sourceFields],
    }),
    resourceOf(changes, { path: "changes.csv.gz", role: "changes", fields: texts(changeColumns) }),
  ];
}

// A column may be a number in one extract and text in another: then it is text.
function targetColumnsOf(plans: TablePlans): readonly { readonly name: string; readonly type: string }[] {
  return plans[0].compiled.columns.map(({ name, type }, index) => {
    const isOne = plans.every(({ compiled }) => compiled.columns[index]?.type === type);
    return { name, type: isOne ? type : "string" };
  });
}

/** Every rule of the table with its counts and the business rule behind it. */
function rulesJson(table: Table, { compiled, isReplay }: MappingPlan, { rules }: TransformResult): Json {
  const none = { touched: 0, flagged: 0, filtered: 0, rejected: 0, deduplicated: 0 };
  // Which rules `columns: all` has, the extract decides.
  const steps = table.columns === "all" ? compiled.columns.flatMap(({ steps }) => steps) : [];
  const own = isReplay ? [{ rule: replayRule, because: undefined }] : [];
  return [...namedRules(table), ...steps.map(({ rule }) => ({ rule, because: undefined })), ...own].map(
    ({ rule, because }) => ({
      rule,
      ...(because === undefined ? {} : { because }),
      ...(rules.get(rule) ?? none),
    }),
  );
}
