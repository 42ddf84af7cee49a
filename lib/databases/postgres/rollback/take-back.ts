// What holds of taking loads back:
// 1. All tables that are taken back together are one transaction, the ledger included: a crash anywhere changes nothing.
// 2. Rows that others changed or added are named or saved before anything goes.
// 3. Nothing commits unless the rows that came back are, by number and checksum, those that were kept.
// 4. One step back: a load that was taken back is not looked behind.
import { StageError } from "../../../model/errors.js";
import { loadToTakeBack, saveChanges } from "../../last-load.js";
import type { CameBack, Changes, TakeBackRequest, TakenBack } from "../../rollback-port.js";
import { describeTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { countRows } from "../load/replace-in-place.js";
import { lockTable } from "../load/table-lock.js";
import { errorCode } from "../server-errors.js";
import { whileAside } from "./aside-within.js";
import { changedImages, changesOfImages, putImagesBack, type StagedImages, stageImages } from "./before-images.js";
import { changesOfReplaced, type ReplacedTable, writtenByOthers } from "./changes.js";
import { lastLoad, settleTakenBack } from "./last-load.js";
import { assertPrevious, bringBack, type Previous } from "./previous-rows.js";

/** A load that is going: everything known of it, nothing of it changed yet. */
interface Going extends ReplacedTable {
  readonly before: number;
  readonly changes: Changes;
  readonly saved: TakenBack["saved"];
  readonly back:
    | { readonly kind: "whole"; readonly previous: Previous }
    | { readonly kind: "some"; readonly images: StagedImages };
}

/** Takes loads back, all or none: one outcome for each request. */
export async function takeBack(
  connection: Connection,
  requests: readonly TakeBackRequest[],
): Promise<readonly TakenBack[]> {
  try {
    return await takeBackNow(connection, requests, { keepIndexes: true });
  } catch (error) {
    // Values that rows exchange among them may be there twice for a moment: then what keeps them unique stands aside.
    if (!(error instanceof StageError) || errorCode(error.cause) !== "23505") throw error;
    return await takeBackNow(connection, requests, { keepIndexes: false });
  }
}

async function takeBackNow(
  connection: Connection,
  requests: readonly TakeBackRequest[],
  { keepIndexes }: { readonly keepIndexes: boolean },
): Promise<readonly TakenBack[]> {
  return await connection.transaction(async () => {
    const all: Going[] = [];
    for (const [index, request] of requests.entries()) all.push(await look(connection, request, index));
    const isWhole = ({ back }: Going) => back.kind === "whole" || !keepIndexes;
    const tables = (going: readonly Going[]) => going.map(({ found }) => found);
    const aside = { whole: tables(all.filter(isWhole)), some: tables(all.filter((one) => !isWhole(one))) };
    const cameBack = await whileAside(connection, aside, () => putBack(connection, all));
    return await settle(connection, all, cameBack);
  });
}

async function settle(
  connection: Connection,
  all: readonly Going[],
  cameBack: readonly CameBack[],
): Promise<readonly TakenBack[]> {
  const outcomes: TakenBack[] = [];
  for (const [index, { key, before, changes, saved, found }] of all.entries()) {
    const { written, gone } = changes;
    const after = await countRows(connection, found);
    const outcome = { before, after, ...(cameBack[index] as CameBack), changes: { written, gone }, saved };
    await settleTakenBack(connection, key, outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function putBack(connection: Connection, all: readonly Going[]): Promise<readonly CameBack[]> {
  const whole = new Map<Going, CameBack>();
  for (const going of all) {
    const { found, back } = going;
    if (back.kind === "whole") whole.set(going, await bringBack(connection, found, back.previous));
  }
  const some = all.flatMap(({ back }) => (back.kind === "some" ? [back.images] : []));
  const images = await putImagesBack(connection, some);
  return all.map((going) => {
    const { back } = going;
    const one = back.kind === "whole" ? whole.get(going) : images[some.indexOf(back.images)];
    if (one === undefined) throw new Error(`${going.found.qualifiedName} was left out`);
    return one;
  });
}

// Once the table is locked nothing can change any more between what is found and what is done.
async function look(connection: Connection, request: TakeBackRequest, index: number): Promise<Going> {
  const found = await findTable(connection, request.table);
  await lockTable(connection, found);
  const table = found.qualifiedName;
  const { migration, generation: expected, unit, key: naming } = request;
  const last = await lastLoad(connection, { migration, table, unit });
  const { generation, undo } = loadToTakeBack(last, { table, generation: expected });
  const { columns } = await describeTable(connection, table);
  const replaced = { key: { migration, table, generation: expected }, found, generation, columns, naming };
  const before = await countRows(connection, found);
  if (undo.kind !== "images") {
    await assertPrevious(connection, found, { previous: undo, key: replaced.key });
    const changes = await changesOfReplaced(connection, replaced);
    const saved = await saveChanges(request, changes, () => writtenByOthers(connection, replaced));
    return { ...replaced, before, changes, saved, back: { kind: "whole", previous: undo } };
  }
  if (request.images === undefined) throw new Error(`${table}: images were kept, and none were given`);
  const images = await stageImages(connection, found, { images: request.images, key: naming, index });
  const changes = await changesOfImages(connection, images);
  const saved = await saveChanges(request, changes, () => changedImages(connection, images));
  return { ...replaced, before, changes, saved, back: { kind: "some", images } };
}
