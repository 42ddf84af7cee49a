import type { FunctionInputs, NodeFunction } from "../mapping/compiled.js";
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
  /** Makes a function of JavaScript known to all connections, under its own name. */
  register(fn: NodeFunction, inputs: FunctionInputs): Promise<void>;
  close(): void;
}

export interface EngineOptions {
  /** Where it may spill what does not fit its memory; made when it is not there. Without one it touches no disk. */
  readonly spillFolder?: string;
  /** The only folders it may read and write. */
  readonly folders: readonly string[];
  /** What it may hold before it spills, in MB; less than the usual in a stage that is allowed less. */
  readonly memoryMegabytes?: number;
}

/** Starts an engine that reaches nothing but the given folders: no network, no extensions, settings locked. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  // Loaded only here: most programs that know of an engine never start one, and the native library takes time.
  const { startDuckDB } = await import("./duckdb-instance.js");
  return await startDuckDB(options);
}
