import { join } from "../../mapping/sql.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.js";

/** SQL that somebody else vouches for: the specification's own SQL, a number, a type. */
export function trusted(text: string): Sql {
  return text as Sql;
}

/** A name, always in backquotes: reserved words stay what they are. Throws "specification". */
export function identifier(name: string): Sql {
  if (name === "" || name.includes("\0"))
    throw new StageError("specification", "a name in the database is empty or holds a NUL character");
  return trusted(`\`${name.replaceAll("`", "``")}\``);
}

/** Names in backquotes with commas between them. */
export function identifiers(names: readonly string[]): Sql {
  return join(names.map(identifier), ", ");
}

/** A text as a literal; sessions are pinned to a mode in which the backslash escapes. */
export function literal(text: string): Sql {
  return trusted(`'${text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\0", "\\0")}'`);
}

/** A table's name as a specification writes it: `relief.people`, or with backquotes or double quotes around a part. */
export function qualified(written: string): Sql {
  const { schema, name } = parseQualified(written);
  return schema === undefined ? identifier(name) : join([identifier(schema), identifier(name)], ".");
}

/** The database (undefined: the connection's) and the name of a table that a specification wrote. */
export function parseQualified(written: string): QualifiedName {
  return parseQualifiedName(written, written.includes("`") ? "`" : '"');
}

/** `schema.table` as a specification would write it. */
export function formatQualified(schema: string, name: string): string {
  return [schema, name].map((part) => (/^[\w$]+$/.test(part) ? part : identifier(part))).join(".");
}
