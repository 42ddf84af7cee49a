import { tableName } from "../../model/names.js";
import { name, object, oneOrMore, orNames } from "../grammar.js";
import { migrationNamespace, uuid5Sql } from "../uuid5.js";
import { listed } from "../words.js";
import { defineOrigin } from "./origin.js";

const schema = orNames("columns", object({ table: name.optional(), columns: oneOrMore(name) }));

/**
 * `uuid5: [id]` is a UUID made of migration, table and source columns, and so the same on every machine. NULL when one
 * of the columns is. `uuid5: { table: other, columns: [other_id] }` makes the key another table has.
 */
export const uuid5 = defineOrigin({
  kind: "uuid5",
  schema,
  takesRules: true,
  settle: ({ table, columns }, own) => ({
    kind: "uuid5",
    table: table === undefined ? own : tableName(table),
    columns,
  }),
  describe: ({ table, columns }) => `a UUID made of ${listed(columns)}, as a key of ${table}`,
  compile: ({ table, columns }, { migrationId, source }) => {
    const names = columns.map((column) => source(column).name);
    const start = uuid5Sql(migrationNamespace(migrationId), table, names);
    // (NULL, 1) and (NULL, 2) both give NULL: several columns can be told apart only where there is a value.
    return { start, type: "string", injectiveOf: names.length === 1 ? names : undefined, injectiveOfPresent: names };
  },
});
