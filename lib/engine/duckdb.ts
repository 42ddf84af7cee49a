import type { DuckDBConnection } from "@duckdb/node-api";
import { makeFolder } from "../files/work-directory.js";
import type { FunctionInputs, NodeFunction } from "../mapping/compiled.js";
import { literal } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { engineError } from "./engine-error.js";
import { registerFunction } from "./node-functions.js";
import { plainPath } from "./read-csv.js";

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
  /** Makes a function of JavaScript known to all connections, under its own name. */
  register(fn: NodeFunction, inputs: FunctionInputs): Promise<void>;
  close(): void;
}

export interface EngineOptions {
  /** Where it may spill what does not fit its memory; made when it is not there. Without one it touches no disk. */
  readonly spillFolder?: string;
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
  if (spillFolder !== undefined) await makeFolder(spillFolder);
  const instance = await DuckDBInstance.create(":memory:", {
    // Parallelism is one connection a part. Threads of its own on top spin while they wait: 24 s of processor time
    // instead of 19 for the same 1.25 M rows.
    threads: "1",
    memory_limit: memoryLimit,
    temp_directory: spillFolder ?? "",
    autoload_known_extensions: "false",
    autoinstall_known_extensions: "false",
    preserve_insertion_order: "true",
  });
  const first = await instance.connect();
  // A path is compared twice: as the statement writes it, and as it is opened.
  const paths = [spillFolder ?? [], ...folders].flat().flatMap((folder) => [folder, plainPath(folder)]);
  const allowed = paths.map((path) => literal(`${path}/`)).join(", ");
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
      await connection.run(statement).catch(throwOurs);
    },
    async rows(statement) {
      const reader = await connection.runAndReadAll(statement).catch(throwOurs);
      return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    },
    register: (fn, inputs) => registerFunction(connection, fn, inputs),
    close: () => connection.closeSync(),
  };
}

function throwOurs(error: unknown): never {
  throw engineError(error);
}
