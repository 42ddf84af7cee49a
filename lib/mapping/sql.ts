import type { Sql } from "../model/names.js";

/** A name as DuckDB reads it, whatever characters it holds. DuckDB compares names without regard to case. */
export function identifier(name: string): Sql {
  if (name.includes("\0")) throw new TypeError("a name holds the character U+0000");
  return asSql(`"${name.replaceAll('"', '""')}"`);
}

/** A text value as DuckDB reads it; null is a NULL of type VARCHAR. */
export function literal(text: string | null): Sql {
  if (text === null) return asSql("CAST(NULL AS VARCHAR)");
  const quoted = `'${text.replaceAll("'", "''")}'`;
  // A statement ends at its first U+0000, so that character can only be computed.
  return asSql(text.includes("\0") ? `(${quoted.replaceAll("\0", "' || chr(0) || '")})` : quoted);
}

/** A whole number of ours. */
export function number(value: number): Sql {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no whole number`);
  return asSql(String(value));
}

/** A fragment of SQL put together from fragments: a bare string cannot slip in. */
export function sql(strings: TemplateStringsArray, ...fragments: readonly Sql[]): Sql {
  return asSql(String.raw({ raw: strings }, ...fragments));
}

/** Fragments one after another, with `separator` between them. */
export function join(fragments: readonly Sql[], separator: string): Sql {
  return asSql(fragments.join(separator));
}

/** A value computed once under a name (SQL has no LET inside an expression). Nested ones need names of their own. */
export function bind(name: string, value: Sql, body: (name: Sql) => Sql): Sql {
  const bound = identifier(`~${name}`);
  return sql`list_transform([${value}], lambda ${bound}: ${body(bound)})[1]`;
}

/** SQL the specification wrote, in parentheses. `expressionFault` has made sure that it cannot leave them. */
export function parenthesised(expression: string): Sql {
  return asSql(`(${expression})`);
}

/** A key as one text: the value itself, or a JSON list where several columns make the key. */
export function keyJson(values: readonly Sql[]): Sql {
  const [only] = values;
  if (only === undefined) return literal(null);
  return values.length === 1 ? only : sql`CAST(to_json([${join(values, ", ")}]) AS VARCHAR)`;
}

const asSql = (text: string): Sql => text as Sql;
