import { randomBytes } from "node:crypto";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { inject } from "vitest";
import type { Row, TestDatabase } from "./postgres.js";

/** Which server the tests' MySQL is: some types, statements and words are of one product only. */
export const server = {
  product: /mariadb/i.test(inject("mysql").version ?? "MariaDB") ? "mariadb" : "mysql",
  /** Major and minor as one number that compares: 10.11 is 1011, 9.7 is 907. */
  version: (inject("mysql").version ?? "")
    .split(".")
    .slice(0, 2)
    .reduce((sofar, digits) => sofar * 100 + Number.parseInt(digits, 10), 0),
} as const;

/** What is written for the product that the tests run on. */
export function spelled<Text>(words: { readonly mariadb: Text; readonly mysql: Text }): Text {
  return words[server.product];
}

/** A new, empty database with a name nobody else has, in which `sql` has run; on the MariaDB all tests share, if none is given. */
export async function createMysqlDatabase(sql?: string, at = sharedServer()): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = Object.assign(new URL(at), { pathname: `/${name}` }).href;
  await run(at, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const query = (text: string) => run(url, text);
  if (sql !== undefined) await query(sql);
  const count = async (table: string) => Number((await query(`SELECT count(*) AS count FROM ${table}`))[0]?.count);
  const drop = async () => void (await run(at, `DROP DATABASE IF EXISTS ${name}`));
  return { name, url, query, count, drop };
}

/** Keeps a database as it is now, whatever becomes of it: `cloneTo` puts it back under the name it had. */
export async function cloneMysqlDatabase(original: TestDatabase, server = sharedServer()) {
  const template = `${original.name}_kept`;
  await copyDatabase(server, { from: original.name, to: template });
  return {
    cloneTo: ({ name }: TestDatabase) => copyDatabase(server, { from: template, to: name }),
    drop: async () => void (await run(server, `DROP DATABASE IF EXISTS ${template}`)),
  };
}

async function copyDatabase(server: string, { from, to }: { readonly from: string; readonly to: string }) {
  const at = (name: string) => Object.assign(new URL(server), { pathname: `/${name}` }).href;
  await run(server, `DROP DATABASE IF EXISTS ${to}; CREATE DATABASE ${to} CHARACTER SET utf8mb4`);
  const names = await run(
    at(from),
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = database()",
  );
  const statements = ["SET foreign_key_checks = 0"];
  for (const { name } of names) {
    const [made] = await run(at(from), `SHOW CREATE TABLE ${name}`);
    statements.push(`${made?.["Create Table"]}`, `INSERT INTO ${name} SELECT * FROM ${from}.${name}`);
  }
  // Triggers last: they have no say in what is only put back.
  const triggers = await run(
    at(from),
    "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = database()",
  );
  for (const { name } of triggers) {
    const [made] = await run(at(from), `SHOW CREATE TRIGGER ${name}`);
    // MySQL keeps the semicolon that ended the statement.
    statements.push(`${made?.["SQL Original Statement"]}`.replace(/;$/, ""));
  }
  await run(at(to), statements.join(";\n"));
}

function sharedServer(): string {
  const { url, missing } = inject("mysql");
  if (url === undefined) throw new Error(missing);
  return url;
}

async function run(url: string, sql: string): Promise<readonly Row[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const client = await createConnection({
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    multipleStatements: true,
    charset: "utf8mb4",
    typeCast: (field) => (field.type === "JSON" ? field.string("utf8") : field.string()),
  });
  try {
    // As dumps are read: nothing refused that a server of old took.
    await client.query("SET SESSION sql_mode = ''");
    const [answer] = await client.query<RowDataPacket[] | RowDataPacket[][]>(sql);
    const last = Array.isArray(answer) ? answer.at(-1) : undefined;
    return (Array.isArray(last) ? last : Array.isArray(answer) ? answer : []) as readonly Row[];
  } finally {
    await client.end();
  }
}
