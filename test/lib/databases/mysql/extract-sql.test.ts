import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { describeExtract } from "../../../../lib/databases/mysql/catalog.js";
import { connect } from "../../../../lib/databases/mysql/connection.js";
import { copyStatement, dialect } from "../../../../lib/databases/mysql/extract-sql.js";
import { openSource } from "../../../../lib/databases/open-source.js";
import { parseRows } from "../../../../lib/files/csv-rows.js";
import type { Extract } from "../../../../lib/mapping/migration.js";
import { sql } from "../../../../lib/mapping/sql.js";
import { checksumOfRow } from "../../../../lib/model/checksum.js";
import { extractName } from "../../../../lib/model/names.js";
import { createMysqlDatabase } from "../../../support/mariadb.js";

const extract: Extract = {
  name: extractName("t"),
  source: undefined,
  from: { kind: "table", table: "t" },
  where: undefined,
  key: undefined,
  watermark: undefined,
  rowChecksum: true,
  partRows: 100,
  partBy: undefined,
  invalidText: "refuse",
};

it("the server computes the checksum of a row, its MD5 or where it has none the first half of its SHA-256", async () => {
  const database = await createMysqlDatabase(
    "CREATE TABLE t (id int PRIMARY KEY, word text, day date); INSERT INTO t VALUES (1, 'a|b', '2024-02-29'), (2, NULL, NULL), (3, 'é', NULL)",
  );
  onTestFinished(database.drop);
  const source = await openSource(database.url, { application: "waybill/test", jobs: 1 });
  onTestFinished(() => source.close());
  const connection = await connect(database.url, "waybill/test");
  onTestFinished(() => connection.close());
  const table = await describeExtract(connection, extract);

  for (const digest of new Set([source.rowDigest, "sha256"] as const)) {
    const statement = copyStatement({ dialect, extract, table }, sql`true`, digest);
    const copy = connection.copyTo(statement, { extract: "t", columns: ["id", "word", "day", "row_checksum"] });
    const rows = parseRows(await text(copy.rows));

    expect(rows.map((row) => row.at(-1))).toEqual(rows.map((row) => checksumOfRow(row.slice(0, -1), digest)));
    expect(rows).toHaveLength(3);
  }
});
