import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.js";

/** PostgreSQL cuts longer names off without an error, so that two long names may become one. */
const maxNameBytes = 63;

/** SQL that somebody else vouches for: the specification's own SQL, or a definition out of the catalog. */
export function trusted(text: string): Sql {
  return text as Sql;
}

/** A template that accepts only fragments of SQL, so that a bare string cannot slip into a statement. */
export function sql(texts: TemplateStringsArray, ...fragments: readonly Sql[]): Sql {
  return trusted(texts.reduce((whole, text, index) => `${whole}${fragments[index - 1]}${text}`));
}

/** Fragments one after another, with commas between them unless told otherwise. */
export function joined(fragments: readonly Sql[], separator = ", "): Sql {
  return trusted(fragments.join(separator));
}

/** A name, always quoted: upper case, blanks and reserved words stay what they are. Throws "specification". */
export function identifier(name: string): Sql {
  assertName(name);
  return trusted(`"${name.replaceAll('"', '""')}"`);
}

/** Names in quotes with commas between them, as in a list of columns. */
export function identifiers(names: readonly string[]): Sql {
  return joined(names.map(identifier));
}

/** A text as a literal; it holds whatever `standard_conforming_strings` says. Throws "integrity" on a NUL. */
export function literal(text: string): Sql {
  if (text.includes("\0")) throw new StageError("integrity", "a text for PostgreSQL holds a NUL character");
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return trusted(text.includes("\\") ? ` E${quoted}` : quoted);
}

/** A table's name as a specification writes it, in quotes: `relief.people`, `"odd.schema"."Odd Table"`. */
export function qualified(written: string): Sql {
  const { schema, name } = parseQualified(written);
  return schema === undefined ? identifier(name) : sql`${identifier(schema)}.${identifier(name)}`;
}

/** The schema (undefined: whichever comes first in the search path) and the name that a specification wrote. */
export function parseQualified(written: string): QualifiedName {
  return parseQualifiedName(written, '"');
}

/** The reverse of parseQualified: schema and name as one text, in quotes only where the dot would mislead. */
export function formatQualified(schema: string, name: string): string {
  return [schema, name].map((part) => (/[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join(".");
}

function assertName(name: string): void {
  if (name === "") throw new StageError("specification", "a name in the database is empty");
  if (name.includes("\0")) throw new StageError("specification", "a name holds a NUL character");
  const bytes = Buffer.byteLength(name);
  if (bytes <= maxNameBytes) return;
  throw new StageError(
    "specification",
    `the name ${JSON.stringify(name)} has ${bytes} bytes; PostgreSQL keeps ${maxNameBytes}`,
    "use the name as the database has it",
  );
}
