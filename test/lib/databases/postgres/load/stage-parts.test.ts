import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arrivingKey } from "../../../../../lib/databases/arriving-parts.js";
import { qualified, sql } from "../../../../../lib/databases/postgres/identifiers.js";
import { linesOf, standing } from "../../../../../lib/databases/postgres/load/generations.js";
import { arrivingTable, nextTable } from "../../../../../lib/databases/postgres/load/kept-tables.js";
import { ensureLedger } from "../../../../../lib/databases/postgres/load/ledger.js";
import { replaceInPlace } from "../../../../../lib/databases/postgres/load/replace-in-place.js";
import { openSessions, type Sessions } from "../../../../../lib/databases/postgres/load/sessions.js";
import { type Staging, stageParts } from "../../../../../lib/databases/postgres/load/stage-parts.js";
import type { PartToLoad } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people, rejection } from "./loading.js";

let database: TestDatabase;
let sessions: Sessions;
beforeEach(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)");
  sessions = await openSessions(database.url, { application: "waybill/test" });
  await ensureLedger(sessions.main);
});
afterEach(async () => {
  await sessions.close();
  await database.drop();
});

const ours = { migration: "M-1", table: "public.people", generation: "g1" };
const kept = nextTable("public.people");
const first = part(["1,Amina", "2,Li"]);
const second = part(["3,Noor"], { name: "part-00001.csv.gz" });
const untouched: Partial<PartToLoad> = {
  open: () => {
    throw new Error("this part has arrived already");
  },
};

const staging = (parts: readonly PartToLoad[], changes: Partial<Staging> = {}): Staging => ({
  ...{ key: ours, mode: "replace", way: "swap", shape: "people", kept, table: "people", columns: ["id", "name"] },
  create: async (main) => {
    await main.execute(sql`CREATE TABLE ${qualified(kept)} (LIKE public.people)`);
  },
  ...{ parts, jobs: 2, ...changes },
});

const staged = () => database.query(`SELECT id FROM ${kept} ORDER BY id`);
const open = () => database.query("SELECT migration, generation FROM waybill.generations WHERE state = 'open'");

async function* broken(): AsyncGenerator<string> {
  yield "3,Noor\n";
  throw new Error("the disk is gone");
}

describe("parts that arrive beside their table", () => {
  it("each have a line, committed together with their rows, and the table is not touched", async () => {
    await stageParts(sessions, staging([first, second]));

    expect(await staged()).toEqual([{ id: "1" }, { id: "2" }, { id: "3" }]);
    expect(await linesOf(sessions.main, arrivingKey(ours))).toMatchObject([{ rowCount: 2 }, { rowCount: 1 }]);
    expect(await standing(sessions.main, ours)).toMatchObject({ generation: { state: "open" }, lines: [] });
    expect(await database.count("people")).toBe(0);
    const lines = await database.query("SELECT transaction_id FROM waybill.loads ORDER BY 1");
    expect(await database.query(`SELECT DISTINCT xmin::text AS transaction_id FROM ${kept} ORDER BY 1`)).toEqual(lines);
  });

  it("go on where a run stopped between two of them: what has arrived is not read again", async () => {
    const gone = part([], { ...second, open: () => Readable.from(broken()) });
    await rejection(stageParts(sessions, staging([first, gone], { jobs: 1 })));
    const left = await staged();

    await stageParts(sessions, staging([{ ...first, ...untouched }, second]));

    expect(left).toEqual([{ id: "1" }, { id: "2" }]);
    expect(await staged()).toHaveLength(3);
  });

  it("are refused where one has arrived with other content, and nothing is written", async () => {
    await stageParts(sessions, staging([first]));

    const error = await rejection(stageParts(sessions, staging([second, { ...first, hash: "sha256:1" }])));

    expect(error).toMatchObject({
      kind: "integrity",
      message: "people: part-00000.csv.gz has arrived in the target with other content, 2 rows; nothing was written",
    });
    expect(await staged()).toEqual([{ id: "1" }, { id: "2" }]);
  });

  it.each<[string, Partial<Staging>]>([
    ["another generation", { key: { ...ours, generation: "g2" } }],
    ["another migration", { key: { ...ours, migration: "M-2" } }],
    ["another shape of the table", { shape: "people with a column more" }],
  ])("take the place of what was open before: %s", async (_, changes) => {
    await stageParts(sessions, staging([first]));

    await stageParts(sessions, staging([second], changes));

    expect(await staged()).toEqual([{ id: "3" }]);
    expect(await open()).toHaveLength(1);
    expect(await database.count("waybill.loads")).toBe(1);
  });

  it("take the place of what had arrived on another way", async () => {
    await stageParts(sessions, staging([first]));
    const arriving = arrivingTable("public.people");

    await stageParts(
      sessions,
      staging([second], {
        ...{ mode: "upsert", way: "merge", kept: arriving },
        create: async (main) => {
          await main.execute(sql`CREATE UNLOGGED TABLE ${qualified(arriving)} (LIKE public.people)`);
        },
      }),
    );

    expect(await database.count(arriving)).toBe(1);
    expect(await database.query(`SELECT to_regclass('${kept}') AS there`)).toEqual([{ there: null }]);
  });

  it("start over where somebody emptied the staging table, or dropped it", async () => {
    await stageParts(sessions, staging([first]));
    await database.query(`TRUNCATE ${kept}`);
    await stageParts(sessions, staging([first, second]));
    const refilled = await staged();
    await database.query(`DROP TABLE ${kept}`);

    await stageParts(sessions, staging([first, second]));

    expect(refilled).toHaveLength(3);
    expect(await staged()).toHaveLength(3);
    expect(await database.count("waybill.loads")).toBe(2);
  });

  it("are forgotten when the table is replaced in place meanwhile", async () => {
    await stageParts(sessions, staging([first]));

    await replaceInPlace(sessions.main, people([second]));

    expect(await open()).toEqual([]);
    expect(await database.query(`SELECT to_regclass('${kept}') AS there`)).toEqual([{ there: null }]);
    expect(await standing(sessions.main, ours)).toMatchObject({ generation: { state: "live" }, lines: [{}] });
  });

  it("are not what the table held of the very same generation: both have their lines", async () => {
    await database.query(
      `INSERT INTO waybill.generations (migration, table_name, generation, mode, way, state)
       VALUES ('M-1', 'public.people', 'g1', 'replace', 'in place', 'live');
       INSERT INTO waybill.loads (migration, table_name, generation, part, hash, rows)
       VALUES ('M-1', 'public.people', 'g1', 'part-00000.csv.gz', 'sha256:0', 2)`,
    );

    await stageParts(sessions, staging([first]));

    expect(await staged()).toHaveLength(2);
    expect(await linesOf(sessions.main, ours)).toHaveLength(1);
  });
});
