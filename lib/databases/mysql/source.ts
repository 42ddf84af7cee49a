import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { partRanges } from "../part-ranges.js";
import type { CopyOut, CopyRequest, Source } from "../port.js";
import { countLeftOut, countRows } from "../source-counts.js";
import { requestWhere } from "../source-sql.js";
import { workerPool } from "../worker-pool.js";
import { describeExtract, identityOf } from "./catalog.js";
import type { Connection } from "./connection.js";
import { copyStatement, dialect } from "./extract-sql.js";
import { rowDigestOf } from "./row-digest.js";
import { settings } from "./session.js";
import { openSnapshot } from "./snapshot.js";

/**
 * Opens a MySQL or MariaDB for reading: one connection that asks and up to `jobs` that copy, all of one snapshot. Where
 * only one can be had, it asks and copies by turns.
 */
export async function openMysqlSource(
  url: string,
  options: { readonly application: string; readonly jobs: number },
): Promise<Source> {
  const { application, jobs } = options;
  const { connections, snapshot } = await openSnapshot({ url, application, size: jobs + 1 });
  const [first, ...others] = connections;
  const free = others.length > 0 ? [...others] : [first];
  const workers = workerPool(free.length, async () => {
    const worker = free.pop();
    if (worker === undefined) throw noConnectionLeft(first.location);
    return worker;
  });
  const ask = (statement: Sql) => first.query(statement);
  const close = async () => {
    await Promise.all(connections.map((connection) => connection.close()));
  };
  const [identity, rowDigest] = await Promise.all([identityOf(first), rowDigestOf(first)]).catch(
    async (error: unknown) => {
      await close();
      throw error;
    },
  );
  return {
    identity,
    snapshot,
    rowDigest,
    session: { timeZone: "UTC", sqlMode: settings.sql_mode.slice(1, -1), encoding: "UTF8" },
    describe: (extract) => describeExtract(first, extract),
    count: (extract, table, selection) => countRows(ask, { dialect, extract, table }, selection),
    countLeftOut: (extract) => countLeftOut(ask, { dialect, extract }),
    ranges: (extract, table) => partRanges(ask, { dialect, extract, table }),
    copy: (request, take) => workers.use((connection) => copyRange(connection, { ...request, rowDigest }, take)),
    close,
  };
}

async function copyRange(
  connection: Connection,
  request: CopyRequest & Pick<Source, "rowDigest">,
  take: (copy: CopyOut) => Promise<void>,
): Promise<void> {
  const { extract, table } = request;
  const statement = copyStatement({ dialect, extract, table }, requestWhere(dialect, request), request.rowDigest);
  const { name, invalidText: policy, rowChecksum } = extract;
  await take(
    connection.copyTo(statement, {
      extract: name,
      columns: table.columns.map((column) => column.name),
      ...(policy === "refuse" ? {} : { mending: { policy, rowChecksum: rowChecksum ? request.rowDigest : undefined } }),
    }),
  );
}

// A new connection would see a later state of the data.
function noConnectionLeft(location: string): StageError {
  return new StageError(
    "temporary",
    `all connections to ${location} that read the snapshot have failed`,
    "run the same command again: it reads a new snapshot",
  );
}
