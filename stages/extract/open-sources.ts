import { openSource } from "../../lib/databases/open-source.js";
import type { Snapshot, Source } from "../../lib/databases/port.js";
import { bindRun, sourceBinding } from "../../lib/files/work-directory.js";
import type { Extract } from "../../lib/mapping/migration.js";
import { counted } from "../../lib/mapping/words.js";
import { sourceUrl } from "../../lib/program/database-url.js";
import type { Run } from "../../lib/program/open-run.js";

/** The source an extract is read from. */
export type SourceOf = (extract: Extract) => Source;

/**
 * Opens each source that these extracts read, once, and closes all of them after the work. Every snapshot is taken
 * before the first row is read: those of several sources are not of one moment, but of moments close together.
 */
export async function withSources(
  run: Run,
  extracts: readonly Extract[],
  work: (sourceOf: SourceOf) => Promise<void>,
): Promise<void> {
  const opened = new Map<string | undefined, Source>();
  try {
    for (const name of new Set(extracts.map(({ source }) => source))) opened.set(name, await openNamed(run, name));
    for (const [name, { identity }] of opened)
      await bindRun(run.work, { migration: run.migration.id, ...sourceBinding(name, identity.identity) });
    await work((extract) => {
      const source = opened.get(extract.source);
      if (source === undefined) throw new Error(`the source of ${extract.name} was not opened`);
      return source;
    });
  } finally {
    for (const source of opened.values()) await source.close();
  }
}

async function openNamed(run: Run, name: string | undefined): Promise<Source> {
  const source = await openSource(sourceUrl(run, name), { application: "waybill/extract", jobs: run.options.jobs });
  tellShortcomings(run, name, source.snapshot);
  return source;
}

function tellShortcomings(run: Run, name: string | undefined, { reached, notCovered = [] }: Snapshot): void {
  const [of, fields] = name === undefined ? ["the source", {}] : [`the source ${name}`, { source: name }];
  if (reached === "one connection" && run.options.jobs > 1) {
    const why =
      "neither a global read lock (RELOAD, on MySQL PROCESS too), nor equal binlog positions, nor LOCK TABLES were to be had";
    run.reporter.say("one-connection", `extract: ${of} is read by one connection: ${why}`, fields);
  }
  if (notCovered.length === 0) return;
  const text = `extract: ${of} has ${counted(notCovered.length, "table")} without transactions, which no snapshot covers: ${notCovered.join(", ")}`;
  run.reporter.say("not-covered", text, { ...fields, tables: notCovered });
}
