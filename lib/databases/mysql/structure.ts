import { sql } from "../../mapping/sql.js";
import type { StructureObject } from "../port.js";
import type { FoundTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import type { TableItem } from "./load/create-table.js";
import { grantsOf } from "./load/grants.js";
import { granteeOf } from "./load/privileges.js";
import { showCreate } from "./load/show-create.js";
import { onTable } from "./load/triggers.js";

/**
 * What the catalog says of a table beside its rows, in the table's order: columns, keys, CHECKs, indexes, as SHOW CREATE
 * TABLE has them, without comments; then its triggers. An index or key is in force here as long as it is there, and the
 * next number of AUTO_INCREMENT is ahead of all rows by itself.
 */
export async function structureOf(connection: Connection, table: FoundTable): Promise<readonly StructureObject[]> {
  const { columns, items } = await showCreate(connection, table);
  return [...columns.map(columnObject), ...items.map(itemObject), ...(await triggerObjects(connection, table))];
}

const columnShape = /^`((?:[^`]|``)+)` ([\s\S]*)$/;

function columnObject(line: string): StructureObject {
  const [, name = "", definition = line] = columnShape.exec(line) ?? [];
  return { kind: "column", name: unquoted(name), definition: withoutComment(definition) };
}

const kinds = {
  "primary key": "constraint",
  check: "constraint",
  index: "index",
  "foreign key": "foreign key",
} as const satisfies Readonly<Record<TableItem["kind"], StructureObject["kind"]>>;

function itemObject({ kind, name, text }: TableItem): StructureObject {
  return { kind: kinds[kind], name: kind === "primary key" ? "PRIMARY" : name, definition: withoutComment(text) };
}

// A comment is for people: whoever writes one changes nothing that the table does. One inside a text or a name is none.
function withoutComment(definition: string): string {
  return definition.replaceAll(commentOrQuoted, (found) => (found.startsWith(" COMMENT ") ? "" : found));
}

const commentOrQuoted = /(?: COMMENT )?'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs;

const unquoted = (name: string): string => name.replaceAll("``", "`");

// To whom lacks the privilege the server shows no triggers at all: whether one is gone, nobody could tell.
async function triggerObjects(connection: Connection, table: FoundTable): Promise<readonly StructureObject[]> {
  const kind = "trigger";
  if (!(await grantsOf(connection)).has("TRIGGER", table.schema, table.name)) {
    const grantee = await granteeOf(connection);
    const unknown = `this user may not see triggers: GRANT TRIGGER ON ${table.sql} TO ${grantee}`;
    return [{ kind, name: "", definition: "", unknown }];
  }
  const rows = await connection.query(sql`
    SELECT TRIGGER_NAME, concat_ws(' ', ACTION_TIMING, EVENT_MANIPULATION,
        concat('FOLLOWS ', lag(TRIGGER_NAME) OVER (PARTITION BY ACTION_TIMING, EVENT_MANIPULATION ORDER BY ACTION_ORDER)),
        trim(TRAILING ';' FROM ACTION_STATEMENT), concat('(of ', DEFINER, ', ', SQL_MODE, ')'))
    FROM information_schema.TRIGGERS WHERE ${onTable(table)} ORDER BY cast(TRIGGER_NAME AS binary)`);
  return rows.map(([name, definition]) => ({ kind, name: name ?? "", definition: definition ?? "" }));
}
