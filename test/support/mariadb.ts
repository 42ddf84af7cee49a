import { randomBytes } from "node:crypto";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { inject } from "vitest";
import type { Row, TestDatabase } from "./postgres.js";

/** A new, empty database with a name nobody else has, in which `sql` has run; on the MariaDB all tests share, if none is given. */
export async function createMysqlDatabase(sql?: string, server = sharedServer()): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  await run(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const query = (text: string) => run(url, text);
  if (sql !== undefined) await query(sql);
  const count = async (table: string) => Number((await query(`SELECT count(*) AS count FROM ${table}`))[0]?.count);
  const drop = async () => void (await run(server, `DROP DATABASE IF EXISTS ${name}`));
  return { name, url, query, count, drop };
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
    typeCast: (field) => field.string(),
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
