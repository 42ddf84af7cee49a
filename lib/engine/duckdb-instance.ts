import { type DuckDBConnection, DuckDBInstance, version } from "@duckdb/node-api";
import { makeFolder } from "../files/work-directory.js";
import { literal } from "../mapping/sql.js";
import type { Engine, EngineConnection, EngineOptions } from "./duckdb.js";
import { engineError } from "./engine-error.js";
import { registerFunction } from "./node-functions.js";
import { plainPath } from "./read-csv.js";

/**
 * What the engine may hold of tables and intermediate results before it spills. DuckDB itself, Node and buffers beyond
 * this limit take some 300 MB more; the stage has to stay under 1 GB.
 */
const memoryLimit = "400MB";

/** As `openEngine` promises. */
export async function startDuckDB({ spillFolder, folders }: EngineOptions): Promise<Engine> {
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
