// What holds of pairing the records of two sides:
// 1. A record of one side is paired with one of the other only when all their bytes are equal, and with no second one.
// 2. Every record of both sides is paired or left over, in whatever order they come: the order decides how fast it goes.
import { commonRecords, type RecordCursor, recordCursor, startsWith } from "./record-cursor.js";
import { type Side, type WaitingRecords, waitingRecords } from "./waiting-records.js";

/** Two sides whose records are CSV without a header. */
export interface RecordSides {
  /** In the order in which somebody keeps them. Where pairing ends early, the rest of it is left unread. */
  readonly actual: AsyncIterable<Buffer>;
  /** Opened as they are needed; the actual records are theirs in turn, in runs, each part's in its own order. */
  readonly expected: readonly (() => Promise<AsyncIterable<Buffer>>)[];
  /** `actual` is a beginning: what it does not reach is left unread, and not left over. */
  readonly isBeginning?: boolean;
  /** How many records may wait for their like at a time, and how many bytes they may have. */
  readonly mostWaiting: { readonly records: number; readonly bytes: number };
}

/** The records that only one side has, each as often as it has it more often. */
export interface LeftOver {
  readonly expected: readonly Buffer[];
  readonly actual: readonly Buffer[];
}

/** Parts that are open though nothing was paired with them yet: those that arrived together may begin in any order. */
const partsAhead = 4;

/** How many records have to wait in turn until other parts than the one that was paired with last are tried, too. */
const triesOfLast = 8;

/** Long enough for a comparison to cover much, short enough to stay in the processor's cache. */
const actualBytes = 64 * 1024;

/** Pairs the records of two sides off. undefined: too many of them wait for their like, since the sides or their orders differ. */
export async function pairRecords(sides: RecordSides): Promise<LeftOver | undefined> {
  const actual = recordCursor(sides.actual);
  const parts = openParts(sides.expected);
  const waiting = waitingRecords(sides.mostWaiting);
  try {
    await parts.open();
    for (let inTurn = 0; ; ) {
      if (actual.bytes.length < actualBytes) await actual.fill(actualBytes);
      if (actual.bytes.length === 0) break;
      inTurn = (await pairRun(actual, parts)) ? 0 : await waitOne(actual, parts, { waiting, inTurn });
      if (waiting.isFull()) return undefined;
      if (parts.heads().some(({ bytes }) => bytes.length === 0)) await parts.open();
    }
    if (sides.isBeginning === true) return waiting.leftOver();
    for (let [head] = parts.heads(); head !== undefined; [head] = parts.heads()) {
      while ((await takeRecord(head, { waiting, side: "expected" })) !== "none") if (waiting.isFull()) return undefined;
      await parts.open();
    }
    return waiting.leftOver();
  } finally {
    await parts.close();
  }
}

/** A part that is open, at the record that comes next. */
interface Head extends RecordCursor {
  isStarted: boolean;
}

interface OpenParts {
  /** Those that are open, the one that was paired with last before all others. */
  heads(): readonly Head[];
  /** Leaves those that are at their end, and opens what comes next. */
  open(): Promise<void>;
  started(head: Head): void;
  close(): Promise<void>;
}

function openParts(expected: RecordSides["expected"]): OpenParts {
  const closed = [...expected];
  let heads: readonly Head[] = [];
  const isOver = async (head: Head): Promise<boolean> => {
    if (head.bytes.length === 0) await head.fill(1);
    return head.bytes.length === 0;
  };
  return {
    heads: () => heads,
    open: async () => {
      for (const head of heads) if (await isOver(head)) heads = heads.filter((other) => other !== head);
      while (heads.filter(({ isStarted }) => !isStarted).length < partsAhead) {
        const chunks = await closed.shift()?.();
        if (chunks === undefined) return;
        const head = Object.assign(recordCursor(chunks), { isStarted: false });
        heads = [...heads, head];
        if (await isOver(head)) heads = heads.filter((other) => other !== head);
      }
    },
    started: (head) => {
      head.isStarted = true;
      if (heads[0] !== head) heads = [head, ...heads.filter((other) => other !== head)];
    },
    close: async () => {
      for (const head of heads) await head.close();
    },
  };
}

/** Pairs what both sides have next: a run of the part that was paired with last, or a record of any. false: nothing. */
async function pairRun(actual: RecordCursor, parts: OpenParts): Promise<boolean> {
  const take = (head: Head, byteCount: number): true => {
    actual.skip(byteCount);
    head.skip(byteCount);
    parts.started(head);
    return true;
  };
  const [last] = parts.heads();
  if (last !== undefined) {
    if (last.bytes.length < actual.bytes.length) await last.fill(actual.bytes.length);
    const byteCount = commonRecords(actual, last);
    if (byteCount > 0) return take(last, byteCount);
  }
  const byteCount = await actual.wholeRecord();
  const record = actual.bytes.subarray(0, byteCount);
  for (const head of parts.heads()) if (await startsWith(head, record)) return take(head, byteCount);
  return false;
}

/**
 * The next actual record is none of those that come next: it was seen before, or it waits. In that case the part that was
 * paired with last, and now and then each of the others, has a record wait, too, and catches up with what waits: so a side
 * that lacks records, or has others, falls behind by no more than these. How many records in turn had to wait.
 */
async function waitOne(
  actual: RecordCursor,
  parts: OpenParts,
  { waiting, inTurn }: { readonly waiting: WaitingRecords; readonly inTurn: number },
): Promise<number> {
  if ((await takeRecord(actual, { waiting, side: "actual" })) === "paired") return 0;
  const lost = inTurn + 1;
  for (const head of lost % triesOfLast === 0 ? parts.heads() : parts.heads().slice(0, 1))
    while ((await takeRecord(head, { waiting, side: "expected" })) === "paired") parts.started(head);
  return lost;
}

interface Taking {
  readonly waiting: WaitingRecords;
  readonly side: Side;
}

async function takeRecord(cursor: RecordCursor, { waiting, side }: Taking): Promise<"paired" | "waits" | "none"> {
  const byteCount = await cursor.wholeRecord();
  if (byteCount === 0) return "none";
  const found = waiting.take(side, cursor.bytes.subarray(0, byteCount));
  cursor.skip(byteCount);
  return found;
}
