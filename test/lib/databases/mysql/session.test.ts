import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { connect } from "../../../../lib/databases/mysql/connection.js";
import { sql } from "../../../../lib/mapping/sql.js";
import type { Sql } from "../../../../lib/model/names.js";
import { createMysqlDatabase, server } from "../../../support/mariadb.js";
import { rejection } from "../postgres/load/loading.js";

const words = Array.from({ length: 1100 }, (_, index) => `(${index + 1}, 'one')`);

/** The URL of a user who has a password, may read `t`, a table of words, and do nothing else. */
async function reader(): Promise<URL> {
  const { name, url, query, drop } = await createMysqlDatabase(
    `CREATE TABLE t (id int PRIMARY KEY, word text); INSERT INTO t VALUES ${words.join()}`,
  );
  const username = `u${name.slice(5)}`;
  await query(`CREATE USER ${username}@'%' IDENTIFIED BY 's%cret'; GRANT SELECT ON ${name}.* TO ${username}@'%'`);
  onTestFinished(() => query(`DROP USER ${username}@'%'`).then(drop));
  return Object.assign(new URL(url), { username, password: "s%25cret" });
}

// Before 11.4 MariaDB has a certificate only where somebody gave it one.
const hasCertificate = server.product === "mysql" || server.version >= 1104;

it.each(["disabled", ...(hasCertificate ? ["required"] : [])])(
  "whoever may only read has the session that everybody has, with ssl-mode %s",
  async (mode) => {
    const url = await reader();
    url.searchParams.set("ssl-mode", mode);

    const connection = await connect(url.href, "waybill/test");
    const rows = await connection.query(
      sql`SELECT id, @@SESSION.time_zone, @@SESSION.max_sort_length, @@SESSION.sql_select_limit FROM t LIMIT 1`,
    );
    await connection.close();

    expect(rows).toEqual([["1", "+00:00", "65536", "18446744073709551615"]]);
  },
);

it("a warning that the server does not keep is not taken for harmless", async () => {
  const connection = await connect((await reader()).href, "waybill/test");
  onTestFinished(() => connection.close());
  // MySQL keeps 1,024 for whoever may not ask for more.
  await connection.query(sql`SET SESSION max_error_count = 1024`).catch(() => undefined);
  const countOf = async (rows: Sql): Promise<number> => {
    const copy = connection.copyTo(sql`SELECT concat(word) + 0 FROM t WHERE ${rows}`, { extract: "t", columns: ["n"] });
    await text(copy.rows);
    return await copy.serverRowCount();
  };

  const told = await countOf(sql`id <= 1000`);
  const error = await rejection(countOf(sql`id <= 1100`));

  expect(told).toBe(1000);
  expect(error).toMatchObject({ kind: "integrity", message: expect.stringContaining("raised 1024 warnings or more") });
});

it("whoever has no right to a database, or does not trust its server, is told what to do", async () => {
  const [own, other] = [await reader(), await reader()];

  const forbidden = await rejection(
    connect(Object.assign(new URL(own), { pathname: other.pathname }).href, "waybill/test"),
  );
  own.searchParams.set("ssl-mode", "verify_identity");
  const unproved = await rejection(connect(own.href, "waybill/test"));

  expect(forbidden).toMatchObject({ kind: "unreachable", hint: expect.stringContaining("SET DEFAULT ROLE") });
  expect(unproved).toMatchObject({
    kind: "unreachable",
    ...(hasCertificate && { hint: expect.stringContaining("NODE_EXTRA_CA_CERTS") }),
  });
});
