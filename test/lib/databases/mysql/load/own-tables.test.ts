import { expect, it, onTestFinished } from "vitest";
import { createLike, createSessionTable } from "../../../../../lib/databases/mysql/load/own-tables.js";
import { assertReady } from "../../../../../lib/databases/mysql/load/readiness.js";
import { connectTarget, type TargetConnection } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { sql } from "../../../../../lib/mapping/sql.js";
import { createMysqlDatabase, server } from "../../../../support/mariadb.js";
import { people, rejection } from "../../postgres/load/loading.js";

it.runIf(server.product === "mysql")(
  "MySQL: rows are not merged where no session's table can be made, said before the first",
  async () => {
    const database = await createMysqlDatabase("CREATE TABLE people (id int PRIMARY KEY, name text)");
    onTestFinished(() => database.drop());
    const connection = await connectTarget(database.url, { application: "waybill/test", access: "write" });
    onTestFinished(() => connection.close());
    const chosen = { way: "merge", because: undefined, aside: undefined } as const;
    const ready = () => assertReady(connection, [{ check: people([], { mode: "upsert" }), chosen }]);

    await ready();
    await connection.execute(sql`SET SESSION binlog_format = 'STATEMENT'`);
    const refused = await rejection(ready());

    expect(refused).toMatchObject({ kind: "specification", hint: expect.stringContaining("binlog_format = ROW") });
  },
);

it("where a server demands primary keys, each table of ours has one, whether it stays or is the session's", async () => {
  const database = await createMysqlDatabase("CREATE TABLE people (id int NOT NULL, name text, UNIQUE (id))");
  onTestFinished(() => database.drop());
  const connection = await connectTarget(database.url, { application: "waybill/test", access: "write" });
  onTestFinished(() => connection.close());
  // As the server answers that demands it; MySQL can be told to for one session, the variables of the server are everybody's.
  if (server.product === "mysql") await connection.execute(sql`SET SESSION sql_require_primary_key = ON`);
  const query: TargetConnection["query"] = async (statement) =>
    statement.startsWith("SHOW GLOBAL VARIABLES")
      ? [["sql_require_primary_key", "ON"]]
      : await connection.query(statement);
  const demanding = { ...connection, query };
  const select = sql`SELECT id, name FROM people`;

  await createLike(demanding, sql`staging`, select);
  await createSessionTable(demanding, sql`own`, { select });
  await createSessionTable(demanding, sql`own`, { select, keys: [sql`UNIQUE KEY (id)`] });

  for (const table of [sql`staging`, sql`own`]) {
    const [[, text] = []] = await connection.query(sql`SHOW CREATE TABLE ${table}`);
    expect(text).toContain("PRIMARY KEY (`~row`)");
    expect(await connection.query(sql`SELECT * FROM ${table}`)).toEqual([]);
  }
});
