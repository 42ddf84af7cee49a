import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Mending, mendText } from "../../../../lib/databases/mysql/mend-text.js";
import { parseRows } from "../../../../lib/files/csv-rows.js";
import type { RowDigest } from "../../../../lib/model/checksum.js";
import { md5OfRow } from "../../../stages/transform/extracted.js";

const columns = ["id", "name", "note"];

/** Rows as the encoder hands them out: the last column is the server's checksum. */
const chunk = Buffer.concat([
  Buffer.from("1,sound \u{fffd},\\N,0123\n"),
  Buffer.from('2,"a ""quoted"", '),
  Buffer.from([0x62, 0xff, 0xe2, 0x82, 0x63]),
  Buffer.from('",x|y,4567\n3,plain,'),
  Buffer.from([0x6e, 0x00, 0xef, 0xbf, 0xbd]),
  Buffer.from(",89ab\n"),
]);

function mended(policy: Mending["policy"], digest: RowDigest = "md5") {
  const told: string[] = [];
  const csv = mendText(chunk, { policy, columns, rowChecksum: digest, onMended: (column) => told.push(column) });
  return { csv, told, rows: parseRows(csv.toString("utf8")) };
}

describe("mendText", () => {
  it.each([
    ["strip", 'a "quoted", bc', "n\u{fffd}"],
    ["replace", 'a "quoted", b\u{fffd}\u{fffd}c', "n\u{fffd}\u{fffd}"],
    ["bytes", "\\x61202271756f746564222c2062ffe28263", "\\x6e00efbfbd"],
  ] as const)("%s: what is no text goes, the same character in the data stays", (policy, name, note) => {
    const { rows, told } = mended(policy);

    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ["1", "sound \u{fffd}", null],
      ["2", name, "x|y"],
      ["3", "plain", note],
    ]);
    expect(told).toEqual(["name", "note"]);
  });

  it("a row that was changed has the checksum of what it holds now, any other its own, byte for byte", () => {
    const { csv, rows } = mended("strip");

    expect(csv.subarray(0, 24).equals(chunk.subarray(0, 24))).toBe(true);
    expect(rows.map((row) => row[3])).toEqual([
      "0123",
      md5OfRow(["2", 'a "quoted", bc', "x|y"]),
      hashOf("3|,plain|,n\u{fffd}", "md5"),
    ]);
    expect(mended("strip", "sha256").rows.map((row) => row[3])).toEqual([
      "0123",
      hashOf('2|,a "quoted", bc|,x|py', "sha256"),
      hashOf("3|,plain|,n\u{fffd}", "sha256"),
    ]);
  });

  it("rejected rows say which column holds what, from which byte on", () => {
    const csv = Buffer.concat([Buffer.from("1,a,b,\\N\n2,"), Buffer.from([0x41, 0, 0x2c, 0xff]), Buffer.from("\n")]);
    const broken = Buffer.concat([csv.subarray(0, -1), Buffer.from(",\\N\n")]);

    const out = mendText(broken, { policy: "reject", columns, rowChecksum: undefined, onMended: () => undefined });

    expect(parseRows(out.toString("utf8"))).toEqual([
      ["1", "a", "b", null],
      ["2", "\\x4100", "\\xff", "name: a NUL character, from byte 1 on; note: bytes that are no UTF-8, from byte 0 on"],
    ]);
  });
});

function hashOf(text: string, digest: RowDigest): string {
  return createHash(digest).update(text, "utf8").digest("hex").slice(0, 32);
}
