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
const usualMegabytes = 400;

/** As `openEngine` promises. */
export async function startDuckDB({
  spillFolder,
  folders,
  memoryMegabytes = usualMegabytes,
}: EngineOptions): Promise<Engine> {
  if (spillFolder !== undefined) await makeFolder(spillFolder);
  const instance = await DuckDBInstance.create(":memory:", {
    // Parallelism is one connection a part. Threads of its own on top spin while they wait: 24 s of processor time
    // instead of 19 for the same 1.25 M rows.
    threads: "1",
    memory_limit: `${Math.ceil(memoryMegabytes)}MB`,
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
  const connections: IdleCloser[] = [];
  return {
    version: `duckdb ${version()}`,
    connect: async () => {
      const connection = wrap(await instance.connect());
      connections.push(connection);
      return connection;
    },
    close: () => {
      // One that is left open keeps the memory of all until it is collected.
      for (const connection of connections) connection.closeIfIdle();
      first.closeSync();
      instance.closeSync();
    },
  };
}

interface IdleCloser {
  /** A statement that still runs, since another one failed, needs its connection. */
  closeIfIdle(): void;
}

function wrap(connection: DuckDBConnection): EngineConnection & IdleCloser {
  let running = 0;
  let isClosed = false;
  const close = () => {
    if (!isClosed) connection.closeSync();
    isClosed = true;
  };
  const counted = async <Result>(work: Promise<Result>): Promise<Result> => {
    running += 1;
    return await work.catch(throwOurs).finally(() => {
      running -= 1;
    });
  };
  return {
    async run(statement) {
      await counted(connection.run(statement));
    },
    async rows(statement) {
      const reader = await counted(connection.runAndReadAll(statement));
      return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    },
    register: (fn, inputs) => registerFunction(connection, fn, inputs),
    close,
    closeIfIdle: () => {
      if (running === 0) close();
    },
  };
}

function throwOurs(error: unknown): never {
  throw engineError(error);
}
