// What holds of taking loads back:
// 1. All tables that are taken back together are one transaction, the ledger included: a crash anywhere changes nothing
//    but that triggers may stand aside, which the next run makes again.
// 2. Rows that others changed or added are named or saved before anything goes.
// 3. Nothing commits unless the rows that came back are, by number and checksum, those that were kept.
// 4. A foreign key that held before holds afterwards, and no row of a table that is not taken back goes or changes.
// 5. One step back: a load that was taken back is not looked behind.
import { join, sql } from "../../../mapping/sql.js";
import { loadToTakeBack, saveChanges } from "../../last-load.js";
import { orphansLeft } from "../../rollback-faults.js";
import type { CameBack, Changes, TakeBackRequest, TakenBack } from "../../rollback-port.js";
import { columnsOf, type FoundTable, findTable } from "../catalog.js";
import { describeTable } from "../describe-table.js";
import { identifier } from "../identifiers.js";
import { putTriggersAside, restoreDefinitions } from "../load/definitions.js";
import { countOrphans, keysOfOthers, uncheckedForeignKeys } from "../load/foreign-keys.js";
import type { GenerationKey } from "../load/generations.js";
import type { KnownUndo } from "../load/known-rows.js";
import { countRows } from "../load/obstacles.js";
import { dropForgotten } from "../load/previous-rows.js";
import type { TargetConnection } from "../load/target-connection.js";
import {
  changedImages,
  changesOfImages,
  lockImages,
  putImagesBack,
  type StagedImages,
  stageImages,
  touchedRows,
} from "./before-images.js";
import { lastLoad, settleTakenBack } from "./last-load.js";
import { assertPrevious, bringBack, changesOfReplaced, type ReplacedTable, rowsThatAreThere } from "./previous-rows.js";

/** Takes loads back, all or none: one outcome for each request. */
export async function takeBack(
  connection: TargetConnection,
  requests: readonly TakeBackRequest[],
): Promise<readonly TakenBack[]> {
  const asked: Asked[] = [];
  for (const [index, request] of requests.entries()) asked.push(await prepare(connection, request, index));
  const restore = async () => {
    for (const migration of new Set(requests.map((one) => one.migration)))
      await restoreDefinitions(connection, migration);
  };
  try {
    for (const { request, found } of asked) await putTriggersAside(connection, request.migration, found);
    const work = () => connection.transaction(() => takeBackNow(connection, asked));
    const outcomes = await uncheckedForeignKeys(connection, work);
    for (const { found } of asked) await dropForgotten(connection, found);
    await restore();
    return outcomes;
  } catch (error) {
    // Why nothing was taken back is worth more than why something does not come back now: the next run tries again.
    await restore().catch(() => undefined);
    throw error;
  }
}

interface Asked {
  readonly request: TakeBackRequest;
  readonly found: FoundTable;
  readonly images: StagedImages | undefined;
}

async function prepare(connection: TargetConnection, request: TakeBackRequest, index: number): Promise<Asked> {
  const found = await findTable(connection, request.table);
  const { images, key } = request;
  if (images === undefined) return { request, found, images };
  return { request, found, images: await stageImages(connection, found, { images, key, index }) };
}

async function takeBackNow(connection: TargetConnection, asked: readonly Asked[]): Promise<readonly TakenBack[]> {
  // All of it first: what is read after the first look would be of the time before the locks.
  for (const { found, images } of asked)
    await (images === undefined ? lockRows(connection, found) : lockImages(connection, images));
  const all: Going[] = [];
  for (const one of asked) all.push(await look(connection, one));
  const cameBack: CameBack[] = [];
  for (const { back } of all) cameBack.push(await putBack(connection, back));
  for (const one of all) await assertKeysHold(connection, one);
  const outcomes: TakenBack[] = [];
  for (const [index, { found, key, before, changes, saved }] of all.entries()) {
    const { written, gone } = changes;
    const after = await countRows(connection, found);
    const outcome = { before, after, ...(cameBack[index] as CameBack), changes: { written, gone }, saved };
    await settleTakenBack(connection, key, outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function lockRows(connection: TargetConnection, { sql: table }: FoundTable): Promise<void> {
  await connection.query(sql`SELECT count(*) FROM ${table} FOR UPDATE`);
}

type Back =
  | { readonly kind: "whole"; readonly replaced: ReplacedTable }
  | { readonly kind: "some"; readonly images: StagedImages };

/** A load that is going: everything known of it, nothing of it changed yet. */
interface Going {
  readonly found: FoundTable;
  readonly key: GenerationKey;
  readonly before: number;
  readonly changes: Changes;
  readonly saved: TakenBack["saved"];
  readonly back: Back;
}

async function look(connection: TargetConnection, { request, found, images }: Asked): Promise<Going> {
  const table = found.qualifiedName;
  const { migration, generation: expected, unit } = request;
  const last = await lastLoad(connection, { migration, table, unit });
  const { generation, undo } = loadToTakeBack(last, { table, generation: expected });
  const going = {
    found,
    key: { migration, table, generation: expected },
    before: await countRows(connection, found),
  };
  if (undo.kind === "images") {
    if (images === undefined) throw new Error(`${table}: images were kept, and none were given`);
    const changes = await changesOfImages(connection, images);
    const saved = await saveChanges(request, changes, () => changedImages(connection, images));
    return { ...going, changes, saved, back: { kind: "some", images } };
  }
  const columns = (await columnsOf(connection, found.place)).filter((column) => !column.generated);
  const replaced = { found, generation, columns, previous: undo as KnownUndo };
  await assertPrevious(connection, replaced);
  const changes = await changesOfReplaced(connection, replaced);
  const saved = await saveChanges(request, changes, () => rowsThatAreThere(connection, replaced));
  return { ...going, changes, saved, back: { kind: "whole", replaced } };
}

function putBack(connection: TargetConnection, back: Back): Promise<CameBack> {
  return back.kind === "whole" ? bringBack(connection, back.replaced) : putImagesBack(connection, back.images);
}

// All rows of a table that came back whole, of another those that did; and whoever refers to either.
async function assertKeysHold(connection: TargetConnection, { found, back }: Going): Promise<void> {
  const { foreignKeys } = await describeTable(connection, found);
  const own = foreignKeys.map((key) => {
    if (back.kind === "whole") return { child: found, key };
    const values = key.columns.map((name) => sql`source.${identifier(name)}`);
    return { child: { ...found, sql: sql`(SELECT ${join(values, ", ")} FROM ${touchedRows(back.images)})` }, key };
  });
  const itself = own.filter(({ key }) => key.parent === found.qualifiedName).map(({ key }) => ({ child: found, key }));
  for (const { child, key } of [...own, ...itself, ...(await keysOfOthers(connection, found))]) {
    const orphans = await countOrphans(connection, { child, key });
    if (orphans > 0) throw orphansLeft({ child: child.qualifiedName, parent: key.parent, name: key.name }, orphans);
  }
}
