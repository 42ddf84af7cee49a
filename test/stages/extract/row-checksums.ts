import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import { manifestIn, rowsIn } from "../stage-files.js";

/** Recomputes every row's checksum, and their sum, by the definition in FORMATS: `|,` between values, `|p` for `|`, `|n` for NULL. */
export async function assertChecksums(folder: string): Promise<void> {
  const rows = await rowsIn(folder);
  const { checksum, details } = (await manifestIn(folder))._waybill;
  const digests = rows.map((row) =>
    createHash(details.rowDigest === "sha256" ? "sha256" : "md5")
      .update(rowText(row.slice(0, -1)))
      .digest("hex")
      .slice(0, 32),
  );
  expect(rows.map((row) => row.at(-1))).toEqual(digests);
  const sum = digests.reduce((total, digest) => total + BigInt(`0x${digest}`), 0n) % (1n << 128n);
  expect(checksum).toEqual({
    sum: sum.toString(16).padStart(32, "0"),
    count: rows.length,
  });
}

function rowText(values: readonly CsvValue[]): string {
  return values.map((value) => value?.replaceAll("|", "|p") ?? "|n").join("|,");
}
