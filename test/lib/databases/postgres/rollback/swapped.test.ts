import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRollback } from "../../../../../lib/databases/open-rollback.js";
import { openTarget } from "../../../../../lib/databases/open-target.js";
import { snapshotOf } from "../../../../../lib/databases/postgres/load/table-snapshot.js";
import type { RollbackTarget, TakeBackRequest } from "../../../../../lib/databases/rollback-port.js";
import type { Aspect } from "../../../../../lib/databases/table-aspects.js";
import type { LoadRequest, Target } from "../../../../../lib/databases/target-port.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";
import { part, people, rejection, session } from "../load/loading.js";
import { oddColumns, oddName, oddTable } from "../load/odd-table.js";

let database: TestDatabase;
let target: Target;
let rollback: RollbackTarget;
beforeEach(async () => {
  database = await createDatabase(oddTable);
  target = await openTarget(database.url, { application: "waybill/test" });
  rollback = await openRollback(database.url, { application: "waybill/test" });
  await target.ensureLedger();
});
afterEach(async () => {
  await rollback.close();
  await target.close();
  await database.drop();
});

const odd = { table: oddName, columns: oddColumns, key: ["id"], confirmed: true };

/** Loads as the stage does: what must stand aside does, and comes back. */
async function load(request: LoadRequest): Promise<string> {
  const { way, aside } = await target.chooseWay(request);
  if (aside !== undefined) await target.saveAndDrop(request.migration, [{ table: request.table, which: aside }]);
  await target.load({ ...request, way });
  await target.rebuildIndexes(request.migration, request.table);
  await target.afterLoad(request.table, request.rowCount);
  await target.restore(request.migration);
  return way;
}

async function catalogOf(table: string): Promise<readonly Aspect[]> {
  const [found] = await database.query(`SELECT '${table}'::regclass::oid AS oid`);
  const connection = await session(database);
  const snapshot = await connection.transaction(() => snapshotOf(connection, found?.oid ?? ""));
  await connection.close();
  return snapshot;
}

const rows = () => database.query(`SELECT * FROM ${oddName} ORDER BY id`);

function request(generation: string): TakeBackRequest {
  const onChanges = async () => {
    throw new Error("nobody changed anything");
  };
  return { migration: "M-1", table: oddName, generation, unit: undefined, key: ["id"], images: undefined, onChanges };
}

describe("taking a swap back", () => {
  it("leaves rows and all that the catalog says as they were, whatever hangs on the table", async () => {
    await database.query(`ALTER TABLE ${oddName} DISABLE TRIGGER USER; INSERT INTO ${oddName} (id, legacy, during, "100%", span)
      OVERRIDING SYSTEM VALUE VALUES (1, 10, '{1,NULL}', NULL, '[1,2)'), (2, 11, NULL, 'a"%', NULL)`);
    await database.query(`ALTER TABLE ${oddName} ENABLE TRIGGER before, ENABLE ALWAYS TRIGGER always, ENABLE TRIGGER later,
      ENABLE REPLICA TRIGGER replica`);
    const [before, catalog] = [await rows(), await catalogOf(oddName)];
    const way = await load(people([part(["5,b,10,{1}", "6,c,11,{}", "7,d,10,{}"])], odd));

    const [outcome] = await rollback.takeBack([request("g1")]);

    expect(way).toBe("swap");
    expect(outcome).toMatchObject({ before: 3, removed: 3, restored: 2, after: 2, checksum: { count: 2 } });
    expect(await rows()).toEqual(before);
    expect(await catalogOf(oddName)).toEqual(catalog);
    expect(await database.query("SELECT relname FROM pg_class WHERE relname ~ '^(next|previous|arriving)_'")).toEqual(
      [],
    );
    await database.query(`ALTER TABLE ${oddName} DISABLE TRIGGER USER; INSERT INTO ${oddName} DEFAULT VALUES`);
    expect(await database.count(oddName)).toBe(3);
  });

  it("of the first load leaves the table empty, and the next load is a swap again", async () => {
    const catalog = await catalogOf(oddName);
    await load(people([part(["5,b,10,{1}"])], odd));

    await rollback.takeBack([request("g1")]);

    expect(await database.count(oddName)).toBe(0);
    expect(await catalogOf(oddName)).toEqual(catalog);
    expect(await load(people([part(["5,b,10,{1}"])], { ...odd, confirmed: false }))).toBe("swap");
    expect(await database.count(oddName)).toBe(1);
  });

  it("notices every row that others wrote after parts had arrived over several sessions", async () => {
    const parts = [part(["5,b,10,{1}"]), part(["6,c,11,{}"], { name: "part-00001.csv.gz" })];
    await load(people(parts, odd));
    await database.query(
      `ALTER TABLE ${oddName} DISABLE TRIGGER USER; UPDATE ${oddName} SET "100%" = 'mine' WHERE id = 6`,
    );
    const changes = await rollback.changesSince({ migration: "M-1", table: oddName, unit: undefined }, ["id"]);

    expect(changes).toEqual({ written: 1, gone: 1, keys: ["6"] });
    expect(await rejection(rollback.takeBack([request("g1")]))).toMatchObject({ message: "nobody changed anything" });
  });
});
