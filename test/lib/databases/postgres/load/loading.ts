import { Readable } from "node:stream";
import type { KeepRows } from "../../../../../lib/databases/kept-port.js";
import { type Connection, connect } from "../../../../../lib/databases/postgres/connection.js";
import type { LoadRequest, PartToLoad } from "../../../../../lib/databases/target-port.js";
import type { TestDatabase } from "../../../../support/postgres.js";

/** A part that holds these lines and, unless told otherwise, promises as many rows. */
export function part(lines: readonly string[], promise: Partial<PartToLoad> = {}): PartToLoad {
  const text = lines.map((line) => `${line}\n`).join("");
  const open = () => Readable.from(lines.length === 0 ? [] : [text], { objectMode: false });
  return { name: "part-00000.csv.gz", hash: "sha256:0", rowCount: lines.length, open, ...promise };
}

/** What becomes of rows that the database refuses where nothing else is said: the load fails. */
export const noQuarantine: LoadRequest["rejects"] = {
  on: "fail",
  atMost: Number.POSITIVE_INFINITY,
  parents: [],
  later: [],
  tell: () => {},
  aside: undefined,
};

/** A request to replace `people (id, name)` with the rows of one part. */
export function people(parts: readonly PartToLoad[], changes: Partial<LoadRequest> = {}): LoadRequest {
  return {
    migration: "M-1",
    table: "people",
    mode: "replace",
    way: "in place",
    generation: "g1",
    columns: ["id", "name"],
    key: ["id"],
    hidesKey: false,
    rowCount: parts.reduce((sum, { rowCount }) => sum + rowCount, 0),
    inPlace: false,
    parts,
    jobs: 2,
    confirmed: false,
    onReject: "fail",
    triggers: "aside",
    rejects: noQuarantine,
    keep: async () => {
      throw new Error("nothing was to be kept");
    },
    beforeCommit: async () => {},
    ...changes,
  };
}

/** Takes what a load keeps, and has its lines. */
export function keeping(): { readonly keep: KeepRows; lines(): readonly string[] } {
  let text = "";
  return {
    keep: async (file, _, rows) => {
      text = "";
      for await (const chunk of rows) text += String(chunk);
      const rowCount = text.split("\n").length - 1;
      return { file: `${file}.csv.gz`, hash: "sha256:1", rowCount };
    },
    lines: () => text.split("\n").slice(0, -1),
  };
}

/** A session on a test's database. */
export function session(database: TestDatabase, application = "waybill/test"): Promise<Connection> {
  return connect(database.url, { application });
}

/** What a promise was rejected with; fails the test when it was fulfilled. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error,
  );
}
