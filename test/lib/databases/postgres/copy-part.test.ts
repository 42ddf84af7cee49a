import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { connect } from "../../../../lib/databases/postgres/connection.js";
import { copyPart } from "../../../../lib/databases/postgres/copy-part.js";
import { sql } from "../../../../lib/databases/postgres/identifiers.js";
import { createDatabase } from "../../../support/postgres.js";

const slowly = `
  CREATE TABLE slow (name text);
  CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN new; END $$;
  CREATE TRIGGER waits BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait()`;

it("a part is read no faster than the server takes it, so that memory does not grow with its rows", async () => {
  const database = await createDatabase(slowly);
  const connection = await connect(database.url, { application: "waybill/test" });
  onTestFinished(() => connection.close().then(() => database.drop()));
  const row = `${"x".repeat(65_535)}\n`;
  let givenBytes = 0;
  const rows = function* () {
    while (givenBytes < 500 * row.length) {
      givenBytes += row.length;
      yield row;
    }
  };
  const part = { name: "part-00000.csv.gz", hash: "sha256:0", rowCount: 500 };

  const copying = copyPart(
    connection,
    { sql: sql`slow`, name: "slow", columns: ["name"] },
    { ...part, open: () => Readable.from(rows(), { objectMode: false }) },
  ).catch((error: unknown) => error);
  await pause(500);
  const soon = givenBytes;
  await database.query(`SELECT pg_terminate_backend(${connection.processId})`);

  expect(await copying).toMatchObject({ kind: "temporary" });
  // What the two ends of the wire hold by themselves, of 33 MB in all.
  expect(soon).toBeLessThan(16_000_000);
});
