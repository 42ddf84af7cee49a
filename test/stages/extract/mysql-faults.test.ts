import { chown, copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startMariadb } from "../../../scripts/mariadb-server.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import type { TestDatabase } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/work.js";
import { createMigration } from "../migration-fixture.js";
import { rowsIn } from "../stage-files.js";

async function database(sql: string, server?: string): Promise<TestDatabase> {
  const created = await createMysqlDatabase(sql, ...(server === undefined ? [] : [server]));
  onTestFinished(() => created.drop());
  return created;
}

it("refuses a NUL character in a text, naming column and byte, never the value", async () => {
  const { url } = await database(
    "CREATE TABLE people (id int PRIMARY KEY, note text); INSERT INTO people VALUES (1, 'fine'), (2, concat('say \"', 'secret', char(0), '\"'))",
  );
  const migration = await createMigration({ source: url, extracts: ["people: {}"] });

  const result = await migration.run("extract");

  expect(result).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining(
      "people: row 2 of a part, column note: a value holds a NUL character, from byte 11 on",
    ),
  });
  expect(result.stderr).not.toContain("secret");
  expect(await readdir(join(migration.work, "extract/people"))).not.toContain("manifest.json");
});

// No statement stores such bytes today. Servers of old let them in, and their files are still read.
it("refuses bytes that are no UTF-8 in a column that says so, and takes them as bytes", async () => {
  const server = await startMariadb();
  onTestFinished(server.stop);
  const { name, url, query } = await database(
    `CREATE TABLE fresh (id int PRIMARY KEY, word varchar(80) CHARACTER SET latin1) ENGINE=MyISAM;
     CREATE TABLE legacy (id int PRIMARY KEY, word varchar(20) CHARACTER SET utf8mb4) ENGINE=MyISAM;
     INSERT INTO fresh VALUES (1, 'plain'), (2, x'6162e96364'); FLUSH TABLES fresh, legacy;`,
    server.url(""),
  );
  const folder = join(String((await query("SELECT @@datadir AS place"))[0]?.place), name);
  for (const ending of ["MYD", "MYI"]) {
    const { uid, gid } = await stat(join(folder, `legacy.${ending}`));
    await copyFile(join(folder, `fresh.${ending}`), join(folder, `legacy.${ending}`));
    await chown(join(folder, `legacy.${ending}`), uid, gid);
  }
  await query("FLUSH TABLES legacy");
  const select = "SELECT id, CAST(word AS BINARY) AS word FROM legacy";
  const migration = await createMigration({
    source: url,
    extracts: ["legacy: {}", `bytes: { select: "${select}", key: [id] }`],
  });

  const refused = await migration.run("extract", ["legacy"]);
  const asBytes = await migration.run("extract", ["bytes"]);

  expect(refused).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining(
      "legacy: row 2 of a part, column word: a value holds bytes that are no UTF-8, from byte 2 on",
    ),
  });
  expect(asBytes.exitCode, asBytes.stderr).toBe(0);
  expect((await rowsIn(join(migration.work, "extract/bytes"))).map(([, word]) => word)).toEqual([
    "\\x706c61696e",
    "\\x6162e96364",
  ]);
});

it("refuses a value that the server leaves out because it is too long for a packet, and says what to set", async () => {
  const { url, query } = await database(
    "CREATE TABLE files (id int PRIMARY KEY, file longblob); INSERT INTO files VALUES (1, repeat('x', 1000000))",
  );
  const packet = Number((await query("SELECT @@max_allowed_packet AS bytes"))[0]?.bytes);
  const migration = await createMigration({ source: url, extracts: ["files: { row_checksum: false }"] });

  const small = await migration.run("extract");
  await query(`INSERT INTO files VALUES (2, repeat('x', ${packet * 0.6}))`);
  const large = await migration.run("extract", ["--force"]);

  expect(small.exitCode, small.stderr).toBe(0);
  expect((await rowsIn(join(migration.work, "extract/files")).catch(() => []))[0]?.[1]?.length ?? 2_000_002).toBe(
    2_000_002,
  );
  expect(large).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("max_allowed_packet = 1073741824") });
});

it("exits 75 when the server ends its session", async () => {
  const { url, name, query } = await database(
    `CREATE TABLE many (id int PRIMARY KEY);
    INSERT INTO many WITH RECURSIVE n AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM n WHERE a < 300) SELECT a FROM n;
    CREATE TABLE pauses (seconds double); INSERT INTO pauses VALUES (0.005)`,
  );
  // Each row takes its time, until the session that reads it is found.
  const slowly = '"sleep((SELECT max(seconds) FROM pauses)) = 0"';
  const migration = await createMigration({ source: url, extracts: [`many: { part_rows: 100, where: ${slowly} }`] });
  const running = migration.run("extract", ["--jobs", "1"]);
  const reading = `SELECT id FROM information_schema.PROCESSLIST WHERE db = '${name}' AND id <> connection_id() AND info LIKE '%ORDER BY%'`;
  let session: Readonly<Record<string, unknown>> | undefined;
  while (session === undefined) [session] = await query(reading);
  await query(`KILL ${session.id}`);

  const result = await running;
  await query("UPDATE pauses SET seconds = 0");
  const again = await migration.run("extract");

  expect(result.exitCode, result.stderr).toBe(75);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(await rowsIn(join(migration.work, "extract/many"))).toHaveLength(300);
});

it.each([
  ["a password that is wrong", (url: URL) => Object.assign(url, { username: "nobody", password: "canary-7f3" }), 69],
  ["a database that is not there", (url: URL) => Object.assign(url, { pathname: "/not_there" }), 69],
  ["a port where nobody listens", (url: URL) => Object.assign(url, { port: "1" }), 69],
  ["a URL without a database", (url: URL) => Object.assign(url, { pathname: "" }), 64],
] as const)("says what is the matter with %s, and keeps passwords to itself", async (_, change, code) => {
  const { url } = await database("CREATE TABLE people (id int PRIMARY KEY)");
  const migration = await createMigration({ source: change(new URL(url)).href, extracts: ["people: {}"] });

  const result = await migration.run("extract");

  expect(result.exitCode, result.stderr).toBe(code);
  expect(result.stderr).not.toContain("canary-7f3");
  expect(await readFile(join(migration.work, "log.jsonl"), "utf8").catch(() => "")).not.toContain("canary-7f3");
});

it.each([
  ["MYSQL_PWD", async () => ({ MYSQL_PWD: "canary 7/f3" })],
  [
    "~/.my.cnf",
    async () => {
      const home = await temporaryFolder();
      await writeFile(join(home, ".my.cnf"), '[mysqld]\npassword = wrong\n[client]\npassword = "canary 7/f3"\n');
      return { HOME: home };
    },
  ],
] as const)("finds the password in %s", async (_, environment) => {
  const { name, url, query } = await database("CREATE TABLE people (id int PRIMARY KEY)");
  const user = `p${name.slice(5)}`;
  await query(`CREATE USER ${user}@'%' IDENTIFIED BY 'canary 7/f3'; GRANT SELECT ON ${name}.* TO ${user}@'%'`);
  onTestFinished(() => query(`DROP USER ${user}@'%'`).then(() => undefined));
  const source = Object.assign(new URL(url), { username: user }).href;
  const migration = await createMigration({ source, extracts: ["people: {}"] });

  const without = await migration.run("extract");
  const result = await migration.run("extract", [], await environment());

  expect(without.exitCode, without.stderr).toBe(69);
  expect(result.exitCode, result.stderr).toBe(0);
});
