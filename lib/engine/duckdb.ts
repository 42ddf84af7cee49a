import type { DuckDBConnection } from "@duckdb/node-api";
import { makeFolder } from "../files/work-directory.js";
import { literal } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { Sql } from "../model/names.js";

/** One DuckDB in this process: several connections see the same tables, each has temporary ones of its own. */
export interface Engine {
  readonly version: string;
  connect(): Promise<EngineConnection>;
  close(): void;
}

/** A connection runs one statement at a time. Every value comes back as text or NULL. */
export interface EngineConnection {
  run(statement: Sql): Promise<void>;
  rows(statement: Sql): Promise<readonly (readonly (string | null)[])[]>;
  close(): void;
}

export interface EngineOptions {
  /** Where it may spill what does not fit its memory; made when it is not there. */
  readonly spillFolder: string;
  /** The only folders it may read and write. */
  readonly folders: readonly string[];
}

/**
 * What the engine may hold of tables and intermediate results before it spills. DuckDB itself, Node and buffers beyond
 * this limit take some 300 MB more; the stage has to stay under 1 GB.
 */
const memoryLimit = "400MB";

/** Starts an engine that reaches nothing but the given folders: no network, no extensions, settings locked. */
export async function openEngine({ spillFolder, folders }: EngineOptions): Promise<Engine> {
  const { DuckDBInstance, version } = await import("@duckdb/node-api");
  await makeFolder(spillFolder);
  const instance = await DuckDBInstance.create(":memory:", {
    // Parallelism is one connection a part. Threads of its own on top spin while they wait: 24 s of processor time
    // instead of 19 for the same 1.25 M rows.
    threads: "1",
    memory_limit: memoryLimit,
    temp_directory: spillFolder,
    autoload_known_extensions: "false",
    autoinstall_known_extensions: "false",
    preserve_insertion_order: "true",
  });
  const first = await instance.connect();
  const allowed = [spillFolder, ...folders].map((folder) => literal(`${folder}/`)).join(", ");
  await first.run(`SET allowed_directories = [${allowed}]`);
  await first.run("SET enable_external_access = false");
  await first.run("SET lock_configuration = true");
  return {
    version: `duckdb ${version()}`,
    connect: async () => wrap(await instance.connect()),
    close: () => {
      first.closeSync();
      instance.closeSync();
    },
  };
}

function wrap(connection: DuckDBConnection): EngineConnection {
  return {
    async run(statement) {
      await connection.run(statement).catch(rethrow);
    },
    async rows(statement) {
      const reader = await connection.runAndReadAll(statement).catch(rethrow);
      return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    },
    close: () => connection.closeSync(),
  };
}

// DuckDB's messages quote the value that failed and the whole statement. Personal data stays out of what we print, so
// only the kind of the error and the part of it before the first quotation mark is shown.
function rethrow(error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  const kind = /^[\w ]+ Error/.exec(text)?.[0] ?? "Error";
  if (/Out of Memory|could not allocate/i.test(text)) {
    throw new StageError(
      "disk",
      "the transform engine ran out of memory and of room to spill",
      "free disk space in the work directory, or lower --jobs",
      error,
    );
  }
  if (/No space left|Disk quota/i.test(text)) {
    throw new StageError(
      "disk",
      "no space left in the work directory for the transform engine",
      "free some space and run the same command again",
      error,
    );
  }
  const shown =
    text
      .slice(kind.length)
      .split(/["'\n]/)[0]
      ?.replace(/^: /, "") ?? "";
  throw new StageError(
    "specification",
    `the mapping's SQL failed: ${kind}: ${shown.trim()}…`,
    "look at the table's sql:, filter: and reject: expressions; every column is text there, so write TRY_CAST(x AS INTEGER) instead of comparing with a number",
    error,
  );
}
