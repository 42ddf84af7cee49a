import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { findTable } from "../../../../../lib/databases/mysql/catalog.js";
import { grantsOf } from "../../../../../lib/databases/mysql/load/grants.js";
import { missingPrivileges } from "../../../../../lib/databases/mysql/load/privileges.js";
import { connectTarget, type TargetConnection } from "../../../../../lib/databases/mysql/load/target-connection.js";
import { fixedTrigger } from "../../../../../lib/databases/mysql/load/triggers.js";
import { createMysqlDatabase, server, spelled } from "../../../../support/mariadb.js";
import type { TestDatabase } from "../../../../support/postgres.js";

let database: TestDatabase;
let user: string;
beforeAll(async () => {
  database = await createMysqlDatabase(`CREATE TABLE people (id int PRIMARY KEY);
    CREATE TRIGGER shout BEFORE INSERT ON people FOR EACH ROW SET NEW.id = NEW.id`);
  user = `w${database.name.slice(5)}`;
  await database.query(`CREATE USER ${user}; CREATE ROLE ${user}_r; GRANT ${user}_r TO ${user};
    SET DEFAULT ROLE ${user}_r ${spelled({ mariadb: "FOR", mysql: "TO" })} ${user}`);
});
afterAll(async () => {
  await database.query(`DROP USER ${user}; DROP ROLE ${user}_r`);
  await database.drop();
});

async function session(): Promise<TargetConnection> {
  const url = Object.assign(new URL(database.url), { username: user }).href;
  const connection = await connectTarget(url, { application: "waybill/test", access: "write" });
  onTestFinished(() => connection.close());
  return connection;
}

async function missing(): Promise<readonly string[]> {
  const connection = await session();
  const tables = [await findTable(connection, "people")];
  return (await missingPrivileges(connection, { tables, sessionTables: true })).flatMap(({ privileges }) => privileges);
}

it("what a role may do its user may, on databases of a pattern too", async () => {
  await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${database.name}.* TO ${user}_r;
    GRANT CREATE, DROP, ALTER, INDEX ON \`${database.name.replace("_", "\\_")}\`.* TO ${user};
    GRANT TRIGGER ON \`${database.name.slice(0, -1)}_\`.* TO ${user}; GRANT REFERENCES ON *.* TO ${user}_r`);

  expect(await missing()).toEqual(["CREATE TEMPORARY TABLES"]);
  await database.query(`GRANT ALL ON ${database.name}.* TO ${user}`);
  expect(await missing()).toEqual([]);
  const grants = await grantsOf(await session());
  expect([grants.has("SELECT"), grants.has("REFERENCES"), grants.has("SELECT", "mysql")]).toEqual([false, true, false]);
});

it.runIf(server.product === "mysql")("MySQL: what was taken back for one database is not held there", async () => {
  const [[before] = []] = (await database.query("SELECT @@partial_revokes AS is_on")).map(Object.values);
  await database.query(`SET GLOBAL partial_revokes = ON; REVOKE ALL ON ${database.name}.* FROM ${user};
    GRANT ALL ON *.* TO ${user}; REVOKE INSERT ON ${database.name}.* FROM ${user};
    REVOKE INSERT ON ${database.name}.* FROM ${user}_r`);

  expect(await missing()).toEqual(["INSERT"]);
  await database.query(`REVOKE ALL ON *.* FROM ${user}; SET GLOBAL partial_revokes = ${before}`);
});

it("a trigger that its user could drop and not make again stays where it is", async () => {
  await database.query(`GRANT ALL ON ${database.name}.* TO ${user}`);
  const fixed = async () => {
    const connection = await session();
    return await fixedTrigger(connection, await findTable(connection, "people"));
  };
  const [[isGuarded] = []] = (
    await database.query("SELECT @@log_bin AND NOT @@log_bin_trust_function_creators AS is_guarded")
  ).map(Object.values);

  // The server writes a binlog: so it lets nobody make one, whoever's it is.
  expect(isGuarded).toBe("1");
  const logged = await fixed();
  await database.query(`GRANT SUPER ON *.* TO ${user}_r`);
  const foreign = await fixed();
  const mayMakeOthers = spelled({ mariadb: "SET USER", mysql: "SET_ANY_DEFINER, SYSTEM_USER" });
  await database.query(`GRANT ${mayMakeOthers} ON *.* TO ${user}_r`);
  const free = await fixed();

  expect(logged).toMatchObject({ name: "shout", cure: expect.stringContaining("log_bin_trust_function_creators") });
  expect(foreign).toMatchObject({ name: "shout", cure: expect.stringContaining("as the user that made it") });
  expect(free).toBeUndefined();
});
