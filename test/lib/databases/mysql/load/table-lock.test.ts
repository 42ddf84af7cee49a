import { expect, it, onTestFinished } from "vitest";
import { findTable } from "../../../../../lib/databases/mysql/catalog.js";
import { usersOf } from "../../../../../lib/databases/mysql/load/table-lock.js";
import { connectTarget } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { sql } from "../../../../../lib/mapping/sql.js";
import { createMysqlDatabase, spelled } from "../../../../support/mariadb.js";

it("who uses a table is named with its program, as far as the server tells", async () => {
  const database = await createMysqlDatabase("CREATE TABLE people (id int PRIMARY KEY); CREATE TABLE pets (id int)");
  onTestFinished(() => database.drop());
  const connect = async (application: string) => {
    const connection = await connectTarget(database.url, { application, access: "write" });
    onTestFinished(() => connection.close());
    return connection;
  };
  const [asking, reader, writer] = [await connect("waybill/test"), await connect("reports"), await connect("shop")];
  const people = await findTable(asking, "people");

  await reader.transaction(async () => {
    await reader.query(sql`SELECT * FROM people`);
    await writer.transaction(async () => {
      await writer.execute(sql`INSERT INTO people VALUES (1)`);
      // MariaDB tells where its performance schema is on, which by itself it is not.
      const [all, writing] = [await usersOf(asking, people), await usersOf(asking, people, { writing: true })];
      const shop = expect.stringMatching(/^connection \d+, root from .*, shop, in a transaction since/);
      expect(writing).toEqual(spelled({ mariadb: [], mysql: [shop] }));
      expect(all).toEqual(spelled({ mariadb: [], mysql: [expect.stringContaining("reports"), shop] }));
    });
  });

  expect(await usersOf(asking, people)).toEqual([]);
});
