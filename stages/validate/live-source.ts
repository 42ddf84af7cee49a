import { openSource } from "../../lib/databases/open-source.js";
import type { Source, SourceTable } from "../../lib/databases/port.js";
import { bindRun, sourceBinding } from "../../lib/files/work-directory.js";
import type { Extract } from "../../lib/mapping/migration.js";
import { type ErrorKind, StageError } from "../../lib/model/errors.js";
import { sourceUrl } from "../../lib/program/database-url.js";
import type { Run } from "../../lib/program/open-run.js";

/** The source as it is now, or why it cannot be asked. */
export type LiveSource =
  | { readonly kind: "open"; readonly source: Source }
  | { readonly kind: "closed"; readonly why: string };

/** Reaches a source anew, in a snapshot of its own. A source that cannot be reached leaves its checks unanswered. */
export async function openLiveSource(run: Run, name: string | undefined): Promise<LiveSource> {
  return await answerOr(async () => {
    const source = await openSource(sourceUrl(run, name), { application: "waybill/validate", jobs: 1 });
    try {
      await bindRun(run.work, { migration: run.migration.id, ...sourceBinding(name, source.identity.identity) });
    } catch (error) {
      await source.close();
      throw error;
    }
    return { kind: "open", source };
  });
}

// What is not there, not allowed or not to be had now leaves a question open; anything else is an error.
const unanswered: readonly ErrorKind[] = ["usage", "unreachable", "temporary", "forbidden", "missing", "specification"];

/** The answer, or why the source gave none. */
export async function answerOr<Answer>(
  ask: () => Promise<Answer>,
): Promise<Answer | { readonly kind: "closed"; readonly why: string }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StageError && unanswered.includes(error.kind)) return { kind: "closed", why: error.message };
    throw error;
  }
}

/** An extract as the source describes it now, and how many rows it has now. */
export interface LiveExtract {
  readonly kind: "counted";
  readonly source: Source;
  readonly table: SourceTable;
  readonly rowCount: number;
}

/** Counts an extract's rows in the live source. */
export async function countLive(
  live: LiveSource,
  extract: Extract,
): Promise<LiveExtract | (LiveSource & { readonly kind: "closed" })> {
  if (live.kind === "closed") return live;
  return await answerOr(async () => {
    const { source } = live;
    const table = await source.describe(extract);
    return { kind: "counted", source, table, rowCount: await source.count(extract, table, { kind: "all" }) } as const;
  });
}
