import type { TestDatabase } from "../support/postgres.js";

/** A plain copy mapping of every table of a database: all columns, and the relationships that its foreign keys state. */
export async function copyOf(
  source: TestDatabase,
): Promise<{ readonly tables: readonly string[]; readonly files: Readonly<Record<string, string>> }> {
  const tables = (
    await source.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
  ).map(({ relname }) => String(relname));
  const keys = await source.query(`
    SELECT child.relname AS child, mine.attname AS column, parent.relname || '.' || theirs.attname AS parent
    FROM pg_constraint c JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
    JOIN pg_attribute mine ON mine.attrelid = conrelid AND mine.attnum = conkey[1]
    JOIN pg_attribute theirs ON theirs.attrelid = confrelid AND theirs.attnum = confkey[1]
    WHERE contype = 'f' AND cardinality(conkey) = 1 ORDER BY 1, 2`);
  const file = (table: string) => {
    const expected = keys
      .filter(({ child }) => child === table)
      .map(({ column, parent }) => `  - relationships: { column: ${column}, to: ${parent} }\n`);
    return `table: ${table}\nfrom: ${table}\ncolumns: all\n${expected.length > 0 ? `expect:\n${expected.join("")}` : ""}`;
  };
  return { tables, files: Object.fromEntries(tables.map((table) => [`${table}.yaml`, file(table)])) };
}
