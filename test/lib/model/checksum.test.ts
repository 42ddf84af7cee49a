import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  addChecksums,
  type Checksum,
  checksumOfBytes,
  checksumOfRow,
  emptyChecksum,
  sumOfMd5,
} from "../../../lib/model/checksum.js";

const digests = fc.array(
  fc.string().map((text) => createHash("md5").update(text).digest("hex")),
  { maxLength: 40 },
);

function sumOf(hexDigits: readonly string[]): Checksum {
  const sum = sumOfMd5();
  const bytes = Buffer.from(hexDigits.join(""));
  for (const index of hexDigits.keys()) sum.add(bytes, (index + 1) * 32);
  return sum.result();
}

it("is the sum of the digests mod 2^128, and their number", () => {
  fc.assert(
    fc.property(fc.oneof(digests, fc.constant(Array<string>(50).fill("f".repeat(32)))), (some) => {
      const total = some.reduce((sum, digest) => sum + BigInt(`0x${digest}`), 0n) % (1n << 128n);
      expect(sumOf(some)).toEqual({ sum: total.toString(16).padStart(32, "0"), count: some.length });
    }),
  );
});

it("depends neither on the order of the rows nor on how they are grouped into parts", () => {
  fc.assert(
    fc.property(digests, fc.nat(40), (some, cut) => {
      const parts = addChecksums(sumOf(some.slice(cut)), sumOf(some.slice(0, cut)));
      expect(parts).toEqual(sumOf(some));
    }),
  );
});

it("is the same when the bytes of the digests were summed one by one", () => {
  const first = [0, 1, 2, 3, 8, 9, 10, 11];
  fc.assert(
    fc.property(digests, (some) => {
      const bytes = some.map((digest) => Buffer.from(digest, "hex"));
      const sumAt = (at: number): bigint => bytes.reduce((sum, digest) => sum + BigInt(digest[at] ?? 0), 0n);

      const sums = first.map((at) => sumAt(at) + (sumAt(at + 4) << 32n));

      expect(checksumOfBytes(some.length, sums)).toEqual(sumOf(some));
    }),
  );
});

it("notices a row that stands there twice", () => {
  const digest = createHash("md5").update("row").digest("hex");

  expect(sumOf([digest, digest]).sum).not.toBe(emptyChecksum.sum);
  expect(sumOf([digest, digest])).not.toEqual(sumOf([digest]));
});

it("takes nothing but 32 lower-case hex digits for a digest", () => {
  for (const text of ["0".repeat(31), `${"0".repeat(31)}g`, `${"0".repeat(31)}A`, '0123456789012345678901234567890"']) {
    expect(sumOfMd5().add(Buffer.from(text), text.length)).toBe(false);
  }
});

it("of one row is the MD5 of its documented text, in which NULL, the empty text and `|` stay apart", () => {
  const documented = ["103", "Fonds d'aide aux déplacés", null, "01/06/2024"];

  expect(checksumOfRow(documented)).toBe("e14098fbe3727094afb1d2095ae3c36c");
  expect(
    new Set(
      [
        ["a|", "b"],
        ["a", "|b"],
        ["", null],
        [null, ""],
      ].map((row) => checksumOfRow(row)),
    ).size,
  ).toBe(4);
});
