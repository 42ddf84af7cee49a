import { join } from "node:path";
import type { CheckedTable, Checks } from "../../lib/databases/checks-port.js";
import { writeManifest } from "../../lib/files/manifest-file.js";
import { emptyStageFolder, inStageFolder, removeFolder } from "../../lib/files/stage-folder.js";
import type { Extract, Table } from "../../lib/mapping/migration.js";
import type { Manifest } from "../../lib/model/manifest.js";
import type { Level } from "../../lib/program/level.js";
import type { Run } from "../../lib/program/open-run.js";
import { type Check, measured, skipped } from "./check.js";
import { checkReport, type ReportChecked } from "./compare-report.js";
import { type Compared, compareSample, compareTable, howCompared, impliedBy } from "./compare-table.js";
import { differingRows, firstDifferences, writeDifferences } from "./differences.js";
import { checkExpectations } from "./expectations.js";
import { type ValidateInputs, verifyFiles } from "./inputs.js";
import { answerOr, countLive, type LiveExtract, type LiveSource } from "./live-source.js";
import { expectedParts, expectedSample, type Quarantined, quarantineCheck, readQuarantined } from "./quarantined.js";
import { countChecks, othersChecks, reconcile } from "./reconciliation.js";
import { type Sample, takeSample } from "./sample.js";
import { checkSchema, type SchemaChecked } from "./schema-checks.js";
import { rollbackCriteria, rowsCheck, sampleName } from "./thresholds.js";
import { type TableVerdict, type Validated, validateManifest } from "./validate-manifest.js";

/** The databases, each reached when the first table asks for it. */
export interface Databases {
  checks(): Promise<Checks>;
  /** The source that an extract or a report reads. */
  source(of: Pick<Extract, "source">): Promise<LiveSource>;
  /** How rows are to be compared. */
  readonly level: Level;
  /** Checks that only the source can answer may be left out. */
  readonly asksSource: boolean;
}

/** What is known of a table once it was validated. */
export interface TableResult extends Validated {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The first few keys that differ, with their columns. */
  readonly first: readonly string[];
  readonly seconds: number;
}

/** Validates one table: source counts and sample beside the comparison, one report at the end, nothing written but that. */
export async function validateTable(run: Run, databases: Databases, inputs: ValidateInputs): Promise<TableResult> {
  const folder = run.work.stageFolder("validate", inputs.table.name);
  return await inStageFolder(folder, run.context.pid, async () => {
    const startedMs = performance.now();
    // Before an earlier result goes: another target, or a damaged file, is no reason to forget it.
    const checks = await databases.checks();
    await verifyFiles(run, inputs);
    const quarantined = await readQuarantined(run, inputs);
    await emptyStageFolder(folder);
    const sampleFolder = join(folder, ".sample");
    const asked = askSource(run, { databases, inputs, folder: sampleFolder });
    // Awaited below, beside the comparison: until then a failure must not count as unhandled.
    asked.catch(() => {});
    try {
      const request = { ...tableRequest(run, inputs), parts: expectedParts(run, inputs, quarantined) };
      return await checks.checkTable(request, async (checked) => {
        const { validated, differences } = await examine(run, {
          checked,
          databases,
          inputs,
          asked,
          quarantined,
          level: databases.level,
          folder,
          target: checks.identity,
        });
        const manifest = validateManifest(run, validated, differences);
        await asked;
        await removeFolder(sampleFolder);
        await writeManifest(folder, manifest);
        const first = await firstDifferences(
          folder,
          inputs.table,
          (validated.comparisons.find((one) => differingRows(one) > 0) ?? validated.comparisons[0])?.pairedBy ?? [],
        );
        return { ...validated, folder, manifest, first, seconds: (performance.now() - startedMs) / 1000 };
      });
    } finally {
      await asked.catch(() => {});
      await removeFolder(sampleFolder);
    }
  });
}

// A unit's rows are some of many, and modes "upsert" and "insert" leave rows of others beside ours: what else the target
// holds is no difference.
function isAmongOthers({ unit }: Run, { load }: Table): boolean {
  return unit !== undefined || load.mode !== "replace";
}

function tableRequest(run: Run, { table, columns }: ValidateInputs) {
  return { table: table.name, columns, key: table.key, allRows: !isAmongOthers(run, table) };
}

function isUnit({ unit }: Run): boolean {
  return unit !== undefined;
}

/** What the source says now: how many rows it has, and the sample mapped anew; or why it says nothing. */
interface SourceAnswer {
  /** Of each extract, in their order; empty where the source was not asked. */
  readonly rowCounts: readonly number[];
  readonly why: string | undefined;
  readonly sample: Sample | { readonly kind: "closed"; readonly why: string };
}

interface SourceQuestion {
  readonly databases: Databases;
  readonly inputs: ValidateInputs;
  readonly folder: string;
}

async function askSource(run: Run, { databases, inputs, folder }: SourceQuestion): Promise<SourceAnswer> {
  const counted: LiveExtract[] = [];
  for (const { declared } of inputs.extracts) {
    const one = await countLive(await databases.source(declared), declared);
    if (one.kind === "closed") return { rowCounts: [], why: one.why, sample: one };
    counted.push(one);
  }
  const rowCounts = counted.map(({ rowCount }) => rowCount);
  const why = undefined;
  if (inputs.table.query !== undefined) {
    const closed = "made by a query, which sees all rows of its extracts: some of them would give another result";
    return { rowCounts, why, sample: { kind: "closed", why: closed } };
  }
  if (run.migration.acceptance.sampleRows === 0)
    return { rowCounts, why, sample: { kind: "closed", why: "no sample is asked for" } };
  return { rowCounts, why, sample: await answerOr(() => takeSample(run, { inputs, live: counted, folder })) };
}

interface Examination {
  readonly checked: CheckedTable;
  readonly databases: Databases;
  readonly inputs: ValidateInputs;
  readonly asked: Promise<SourceAnswer>;
  readonly quarantined: Quarantined;
  readonly level: Level;
  readonly folder: string;
  readonly target: Checks["identity"];
}

async function examine(run: Run, examination: Examination) {
  const { checked, databases, inputs, asked, quarantined, level, folder, target } = examination;
  const beside = asked.catch(() => {});
  const { found: compared, seconds } = await measured(() =>
    compareTable({ checked, inputs, quarantined, level, beside }),
  );
  const isSame = !isAmongOthers(run, inputs.table) && differingRows(compared) === 0;
  const expected = await checkExpectations(inputs.table, checked, isSame ? impliedBy(compared) : undefined);
  const schema = isUnit(run) ? noSchema : await checkSchema(run, inputs, checked);
  const answer = await asked;
  const reports = await checkReports(run, { checked, databases, inputs });
  const sample = await checkSample(run, checked, { ...answer, quarantined });
  const { why: _, ...all } = compared;
  const comparisons = [all, ...(sample.comparison === undefined ? [] : [sample.comparison])];
  const counts = reconcile(inputs, {
    sources: answer.rowCounts,
    target: isAmongOthers(run, inputs.table) ? compared.expected - compared.missing : compared.actual,
  });
  const checks = [
    ...countChecks(run, inputs, counts, answer.why),
    ...(isUnit(run) ? [] : othersChecks(inputs, compared)),
    ...quarantineCheck(run, inputs, counts.quarantined),
    { ...rowsCheck(run.migration.acceptance, compared, howCompared(compared, checked)), seconds },
    ...rollbackCriteria(run.migration, compared),
    ...expected.checks,
    ...schema.checks,
    ...reports.map(({ check }) => check),
    ...sample.checks,
  ];
  const ofSource = checks.filter((check) => !schema.checks.includes(check));
  const isOpen = schema.isIncomplete || expected.checks.some(isSkipped);
  const verdict = verdictOf(checks, isOpen || (databases.asksSource && ofSource.some(isSkipped)));
  const sampleDrift = answer.sample.kind === "taken" ? answer.sample.changed : undefined;
  const validated: Validated = { inputs, counts, comparisons, checks, verdict, sampleDrift, target };
  return {
    validated,
    differences: await writeDifferences(folder, checked, {
      comparisons,
      orphaned: expected.orphaned,
      reports: reports.flatMap((one) => one.differences),
    }),
  };
}

// A unit is one row of many, of which no report speaks.
async function checkReports(
  run: Run,
  { checked, databases, inputs }: Pick<Examination, "checked" | "databases" | "inputs">,
): Promise<readonly ReportChecked[]> {
  const results: ReportChecked[] = [];
  if (isUnit(run)) return results;
  for (const report of inputs.table.expect.reports) {
    const live = await databases.source({ source: report.of });
    const { found, seconds } = await measured(() => checkReport(report, { live, checked }));
    results.push({ ...found, check: { ...found.check, seconds } });
  }
  return results;
}

interface SampleChecked {
  readonly comparison: Compared | undefined;
  readonly checks: readonly Check[];
}

async function checkSample(
  { migration }: Run,
  checked: CheckedTable,
  { sample, quarantined }: SourceAnswer & Pick<Examination, "quarantined">,
): Promise<SampleChecked> {
  if (migration.acceptance.sampleRows === 0) return { comparison: undefined, checks: [] };
  if (sample.kind === "closed") {
    return {
      comparison: undefined,
      checks: [skipped(sampleName, `${migration.acceptance.sampleRows} rows`, sample.why)],
    };
  }
  if (sample.chosen > 0 && sample.changed === sample.chosen)
    return {
      comparison: undefined,
      checks: [
        skipped(sampleName, `${sample.chosen} rows`, "every row chosen has changed in the source since the snapshot"),
      ],
    };
  const part = await expectedSample(sample.part, quarantined);
  const { found: comparison, seconds } = await measured(() => compareSample(checked, part));
  if (typeof comparison === "string")
    return { comparison: undefined, checks: [skipped(sampleName, `${sample.chosen} rows`, comparison)] };
  const note = `${sample.chosen} rows chosen, ${sample.changed} of them changed in the source since the snapshot`;
  return { comparison, checks: [{ ...rowsCheck(migration.acceptance, comparison), note, seconds }] };
}

const isSkipped = ({ verdict }: Check): boolean => verdict === "skipped";

function verdictOf(checks: readonly Check[], isIncomplete: boolean): TableVerdict {
  if (checks.some(({ verdict }) => verdict === "failed")) return "failed";
  return isIncomplete ? "incomplete" : "passed";
}

const noSchema: SchemaChecked = { checks: [], isIncomplete: false };
