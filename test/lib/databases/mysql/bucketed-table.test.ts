import { join } from "node:path";
import { expect, it } from "vitest";
import { findTable } from "../../../../lib/databases/mysql/catalog.js";
import { bucketedTable } from "../../../../lib/databases/mysql/checks/bucketed-table.js";
import { comparedColumns } from "../../../../lib/databases/mysql/checks/compare-columns.js";
import { normalFormOf } from "../../../../lib/databases/mysql/checks/normal-text.js";
import { connect } from "../../../../lib/databases/mysql/connection.js";
import { describeTable } from "../../../../lib/databases/mysql/describe-table.js";
import { openBucketedFiles } from "../../../../lib/engine/bucketed-files.js";
import { fieldOf, resourceOf } from "../../../../lib/model/resource.js";
import { createMysqlDatabase } from "../../../support/mariadb.js";
import { createFolder } from "../../../support/work.js";
import { writeRows } from "../../files/written-part.js";

it("a server without MD5 adds up halves of SHA-256, as the files' side does", async () => {
  const database = await createMysqlDatabase(`CREATE TABLE people (id int PRIMARY KEY, name text);
    INSERT INTO people VALUES (1, 'Amina|'), (2, NULL), (3, '')`);
  const folder = await createFolder();
  const names = ["id", "name"];
  const file = await writeRows(join(folder.folder, "part.csv.gz"), [
    ["1", "Amina|"],
    ["2", null],
    ["03", ""],
  ]);
  const fields = names.map((name) => fieldOf({ name, type: "string" }));
  const part = { folder: folder.folder, file: resourceOf(file, { path: "part.csv.gz", role: "part", fields }) };
  const connection = await connect(database.url, "waybill/test");
  const table = await findTable(connection, "people");
  const description = await describeTable(connection, table);
  const columns = await comparedColumns(connection, { table, description }, names);
  const like = { forms: columns.flatMap((column) => normalFormOf(column) ?? []), digest: "sha256" } as const;

  const server = bucketedTable(connection, { from: table.sql, columns, parts: [], ...like });
  const files = await openBucketedFiles([{ ...part, without: new Set() }], like);
  const [all, buckets] = [await server.sums(0), await server.sums(4)];
  const [allOfFiles, bucketsOfFiles] = [await files.sums(0), await files.sums(4)];
  files.close();
  await connection.close();
  await database.drop();
  await folder.remove();

  expect(all.get(0)?.count).toBe(3);
  expect(all).toEqual(allOfFiles);
  expect(buckets).toEqual(bucketsOfFiles);
});
