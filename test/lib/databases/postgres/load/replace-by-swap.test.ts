import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import { snapshotOf, type TableSnapshot } from "../../../../../lib/databases/postgres/load/table-snapshot.js";
import type { LoadOutcome, LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people, session } from "./loading.js";
import { oddColumns, oddName, oddTable } from "./odd-table.js";

let database: TestDatabase;
let target: Target;
beforeEach(async () => {
  database = await createDatabase("CREATE TABLE people (id integer PRIMARY KEY, name text)");
  target = await openTarget(database.url, { application: "waybill/test" });
  await target.ensureLedger();
});
afterEach(async () => {
  await target.close();
  await database.drop();
});

const first = part(["1,Amina", "2,\\N"]);
const second = part(["3,Li"], { name: "part-00001.csv.gz" });

/** Loads as the stage does: what must stand aside does, and comes back. */
async function load(request: LoadRequest): Promise<LoadOutcome> {
  const { way, aside } = await target.chooseWay(request);
  if (aside !== undefined) await target.saveAndDrop(request.migration, [{ table: request.table, which: aside }]);
  const outcome = await target.load({ ...request, way });
  await target.rebuildIndexes(request.migration, request.table);
  await target.afterLoad(request.table);
  await target.restore(request.migration);
  return outcome;
}

async function catalogOf(table: string): Promise<TableSnapshot> {
  const [found] = await database.query(`SELECT '${table.replaceAll("'", "''")}'::regclass::oid AS oid`);
  const connection = await session(database);
  const snapshot = await connection.transaction(() => snapshotOf(connection, found?.oid ?? ""));
  await connection.close();
  return snapshot;
}

const keptTables = () =>
  database.query("SELECT relname FROM pg_class WHERE relname ~ '^(next|previous|arriving)_' ORDER BY 1");

describe("replacing a table by another", () => {
  it("loads all parts, keeps the rows that were there, and of those only the last", async () => {
    const outcomes = [
      await load(people([first])),
      await load(people([second], { generation: "g2" })),
      await load(people([first, second], { generation: "g3" })),
    ];

    expect(outcomes).toMatchObject([
      { way: "swap", counts: { before: 0, inserted: 2, after: 2 } },
      { way: "swap", counts: { before: 2, inserted: 1, after: 1 } },
      { way: "swap", counts: { before: 1, inserted: 3, after: 3 } },
    ]);
    expect(await database.query("SELECT * FROM people ORDER BY id")).toEqual([
      { id: "1", name: "Amina" },
      { id: "2", name: null },
      { id: "3", name: "Li" },
    ]);
    const [kept, ...others] = await keptTables();
    expect(others).toEqual([]);
    expect(await database.query(`SELECT * FROM waybill.${kept?.relname}`)).toEqual([{ id: "3", name: "Li" }]);
    expect(
      await database.query(
        "SELECT generation, state, undo ->> 'kind' AS undo FROM waybill.generations ORDER BY number",
      ),
    ).toEqual([
      { generation: "g2", state: "replaced", undo: "previous table" },
      { generation: "g3", state: "live", undo: "previous table" },
    ]);
  });

  it("keeps nothing where there was nothing", async () => {
    await load(people([first]));

    expect(await keptTables()).toEqual([]);
    expect(await database.query("SELECT undo FROM waybill.generations")).toEqual([{ undo: '{"kind":"empty"}' }]);
  });

  it("leaves the catalog as it was, whatever hangs on the table", async () => {
    await database.query(oddTable);
    const before = await catalogOf(oddName);
    const odd = { table: oddName, columns: oddColumns, key: ["id"] };

    const way = await target.chooseWay(people([], odd));
    await load(people([part(["1,b,10,{1}", "2,c,11,{}"])], odd));
    const after = await catalogOf(oddName);
    await load(people([part(["5,b,10,{1}", "6,c,11,{}", "7,d,10,{}"])], { ...odd, generation: "g2" }));

    expect(way).toEqual({ way: "swap", because: undefined, aside: "foreign keys" });
    expect(after).toEqual(before);
    expect(await catalogOf(oddName)).toEqual(before);
    expect(before.length).toBeGreaterThan(50);
    expect(await database.query(`SELECT id, "select", number FROM ${oddName} ORDER BY id`)).toEqual([
      { id: "5", select: "b", number: "3" },
      { id: "6", select: "c", number: "4" },
      { id: "7", select: "d", number: "5" },
    ]);
  });
});
