import { createHash, type Hash } from "node:crypto";
import { Writable } from "node:stream";
import { type Checksum, type ChecksumSum, sumOfMd5 } from "../model/checksum.js";
import { encodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import { type Sha256, sha256Of } from "../model/names.js";
import { scanRecords } from "../model/record-scanner.js";
import { GzipBlocks } from "./gzip-blocks.js";
import { quoteBlankRecords } from "./one-column.js";

/** A block ends with the last record that ends within these bytes: it depends on the content, never on chunk sizes. */
const blockBytes = 1 << 20;

/** The last byte of a `\N` that ends a record: no hex digit, so it tells NULL from a checksum. */
const letterN = 0x4e;

export interface PartWriterOptions {
  readonly columns: readonly string[];
  /** The last column holds an MD5 in hex: sum them up. "where present" skips those that are NULL. */
  readonly sumLastColumn?: "always" | "where present" | undefined;
  readonly onRows?: (rowCount: number, bytes: number) => void;
}

/** A published CSV file, as its manifest describes it. */
export interface WrittenFile {
  readonly bytes: number;
  readonly hash: Sha256;
  readonly contentHash: Sha256;
  readonly rowCount: number;
  readonly longestRecordBytes: number;
  readonly checksum: Checksum | undefined;
  /** The first and the last record as they stand in the file; undefined without rows. */
  readonly edges: readonly [first: string, last: string] | undefined;
}

/**
 * Takes CSV records without a header, in chunks cut anywhere, and publishes them as one gzip file with a header: counted
 * as records, hashed before and after compression. Nothing appears under the final name unless `publish` was called.
 */
export class PartWriter extends Writable {
  readonly #options: PartWriterOptions;
  readonly #blocks: GzipBlocks;
  readonly #path: string;
  readonly #contentHash: Hash = createHash("sha256");
  readonly #sum: ChecksumSum | undefined;
  readonly #free: Buffer[] = [];
  #buffer: Buffer = Buffer.allocUnsafeSlow(2 * blockBytes);
  #length = 0;
  #scanAt = blockBytes;
  #rowCount = 0;
  #longest = 0;
  #first: string | undefined;
  #last = "";

  private constructor(path: string, blocks: GzipBlocks, options: PartWriterOptions) {
    super({ highWaterMark: blockBytes });
    this.#path = path;
    this.#blocks = blocks;
    this.#options = options;
    this.#sum = options.sumLastColumn === undefined ? undefined : sumOfMd5();
  }

  static async create(path: string, options: PartWriterOptions): Promise<PartWriter> {
    const writer = new PartWriter(path, await GzipBlocks.create(path), options);
    await writer.#blocks.add(Buffer.from(encodeRow(options.columns)));
    return writer;
  }

  /** Records taken so far; all of them once the stream has finished. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Flushes and names the file; call it after the stream has finished. */
  async publish(): Promise<WrittenFile> {
    const file = await this.#blocks.publish();
    return {
      ...file,
      contentHash: sha256Of(this.#contentHash.digest("hex")),
      rowCount: this.#rowCount,
      longestRecordBytes: this.#longest,
      checksum: this.#sum?.result(),
      edges: this.#first === undefined ? undefined : [this.#first, this.#last],
    };
  }

  /** Gives up: no file appears. */
  async discard(): Promise<void> {
    this.destroy();
    await this.#blocks.discard();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#append(chunk);
    if (this.#length < this.#scanAt) done();
    else this.#emitBlocks().then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#emitRest().then(() => done(), done);
  }

  #append(chunk: Buffer): void {
    if (this.#length + chunk.length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + chunk.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length += chunk.length;
  }

  async #emitBlocks(): Promise<void> {
    while (this.#length >= this.#scanAt) {
      if (!(await this.#emitBlock())) {
        // One record longer than a block: look again only when twice as much is there, or the search goes quadratic.
        this.#scanAt = 2 * this.#length;
        return;
      }
      this.#scanAt = blockBytes;
    }
  }

  async #emitRest(): Promise<void> {
    while (this.#length > 0) {
      if (await this.#emitBlock()) continue;
      throw new StageError(
        "integrity",
        `${this.#path}: the last record is not complete (${this.#length} bytes without an end)`,
        "the connection was cut or the disk failed: run the same command again",
      );
    }
  }

  /** Takes the next block off the buffer; false when it holds no whole record. */
  async #emitBlock(): Promise<boolean> {
    const pending = this.#buffer.subarray(0, this.#length);
    const sum = this.#sum;
    const found = scanRecords(pending, blockBytes, sum && ((lineFeedAt) => this.#addToSum(sum, pending, lineFeedAt)));
    if (found.recordCount === 0) return false;
    this.#rowCount += found.recordCount;
    this.#longest = Math.max(this.#longest, found.longestBytes);
    this.#first ??= firstRecord(pending);
    this.#last = pending.toString("utf8", found.lastStart, found.end);
    const used = this.#buffer;
    const rest = this.#freeBuffer(this.#length - found.end);
    pending.copy(rest, 0, found.end);
    const block = this.#finished(pending.subarray(0, found.end));
    this.#buffer = rest;
    this.#length -= found.end;
    this.#contentHash.update(block);
    this.#options.onRows?.(found.recordCount, block.length);
    await this.#blocks.add(block, () => this.#free.push(used));
    return true;
  }

  // Buffers go round: a fresh one for each megabyte took as long in page faults and collection as the hashing.
  #freeBuffer(bytes: number): Buffer {
    const free = this.#free.pop();
    return free !== undefined && free.length >= bytes ? free : Buffer.allocUnsafeSlow(Math.max(2 * blockBytes, bytes));
  }

  #finished(block: Buffer): Buffer {
    return this.#options.columns.length === 1 ? quoteBlankRecords(block) : block;
  }

  #addToSum(sum: ChecksumSum, bytes: Buffer, lineFeedAt: number): void {
    if (this.#options.sumLastColumn === "where present" && bytes[lineFeedAt - 1] === letterN) return;
    if (sum.add(bytes, lineFeedAt)) return;
    throw new StageError(
      "integrity",
      `${this.#path}: row ${this.#rowCount + 1} or one of the rows after it has no row checksum in its last column`,
      "this is a fault of the source adapter; extract with row_checksum: false and report it",
    );
  }
}

function firstRecord(bytes: Buffer): string {
  return bytes.toString("utf8", 0, scanRecords(bytes, 0).end);
}
