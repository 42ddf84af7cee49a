import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

/** A database of one test's own on the server all tests share. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Runs SQL, also several statements at once, and gives the last one's rows, every value as the server's own text. */
  readonly query: (sql: string) => Promise<readonly Row[]>;
  /** How many rows a table (or what stands behind FROM) holds. */
  readonly count: (table: string) => Promise<number>;
  /** Removes it, whoever is still connected. */
  readonly drop: () => Promise<void>;
}

export type Row = Readonly<Record<string, string | null>>;

/** A new, empty database with a name nobody else has, in which `sql` has run; on the server all tests share, if none is given. */
export async function createDatabase(sql?: string, server = inject("postgresUrl")): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  await run(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const query = (text: string) => run(url, text);
  if (sql !== undefined) await query(sql);
  const count = async (table: string) => Number((await query(`SELECT count(*) FROM ${table}`))[0]?.count);
  const drop = async () => void (await run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return { name, url, query, count, drop };
}

/** Keeps a database as it is now, whatever becomes of it: `cloneTo` puts it back under the name it had. */
export async function cloneDatabase(original: TestDatabase, server = inject("postgresUrl")) {
  const template = `${original.name}_kept`;
  await run(server, `CREATE DATABASE ${template} TEMPLATE ${original.name}`);
  return {
    cloneTo: async ({ name, drop }: TestDatabase) => {
      await drop();
      await run(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
    },
    drop: async () => void (await run(server, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`)),
  };
}

async function run(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => String } });
  await client.connect();
  try {
    const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query(sql);
    return (Array.isArray(answer) ? answer.at(-1) : answer)?.rows ?? [];
  } finally {
    await client.end();
  }
}
