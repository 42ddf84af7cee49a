/** The side that a record is of. */
export type Side = "expected" | "actual";

/** Records of either side that wait for their like of the other one: never the same bytes on both sides. */
export interface WaitingRecords {
  /** Pairs a record with one that waits, or has it wait. */
  take(side: Side, record: Buffer): "paired" | "waits";
  isFull(): boolean;
  leftOver(): Readonly<Record<Side, readonly Buffer[]>>;
}

/** Keeps records that wait, up to so many. */
export function waitingRecords(most: { readonly records: number; readonly bytes: number }): WaitingRecords {
  // How many more of them the expected side has. A character for each byte: whatever the bytes are, nothing gets lost.
  const surplus = new Map<string, number>();
  let records = 0;
  let bytes = 0;
  return {
    take: (side, record) => {
      const text = record.toString("latin1");
      const before = surplus.get(text) ?? 0;
      const after = side === "expected" ? before + 1 : before - 1;
      if (after === 0) surplus.delete(text);
      else surplus.set(text, after);
      const isPaired = Math.abs(after) < Math.abs(before);
      records += isPaired ? -1 : 1;
      bytes += isPaired ? -record.length : record.length;
      return isPaired ? "paired" : "waits";
    },
    isFull: () => records > most.records || bytes > most.bytes,
    leftOver: () => {
      const left: Record<Side, Buffer[]> = { expected: [], actual: [] };
      for (const [text, count] of surplus) {
        const record = Buffer.from(text, "latin1");
        for (let each = 0; each < Math.abs(count); each++) left[count > 0 ? "expected" : "actual"].push(record);
      }
      return left;
    },
  };
}
