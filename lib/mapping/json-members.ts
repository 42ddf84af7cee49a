import { z } from "zod";
import type { Sql } from "../model/names.js";
import { callOf, type NodeFunction } from "./compiled.js";
import { complain, datum, name, object, pairsOf, text, writtenAs } from "./grammar.js";
import { isJson } from "./json-text.js";
import type { JsonMember } from "./settled-origin.js";
import { identifier, literal, sql } from "./sql.js";

const types = ["string", "number", "boolean", "json"] as const;

const number = "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?";

const booleans: ReadonlyMap<string, string> = new Map([
  ["t", "true"],
  ["true", "true"],
  ["f", "false"],
  ["false", "false"],
]);

const long = object({ from: name.optional(), const: datum.optional(), type: z.enum(types).default("string") });

const member = writtenAs(
  z.preprocess((value) => (typeof value === "string" ? new Map([["from", value]]) : value), long),
  z.union([name, long]),
).superRefine(({ from, const: value, type }, context) => {
  if (from !== undefined && value !== undefined) complain(context, "both from and const", "keep one");
  if (typeof value === "string" && constantText(value, type) === undefined)
    complain(context, `const is no ${type}`, `write a ${type}, or null`);
});

/** The members of a JSON object: a name before a source column, or before `from` (the name itself) or `const`, and `type`. */
export const jsonMembers = pairsOf(text, member).transform((pairs): readonly JsonMember[] =>
  pairs.map(([name, { from, const: value, type }]) => ({
    name,
    type,
    value: value === undefined ? { kind: "from", column: from ?? name } : { kind: "const", value },
  })),
);

/** A constant as JSON; undefined when it is none of that type. */
function constantText(value: string, type: JsonMember["type"]): string | undefined {
  switch (type) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return new RegExp(`^${number}$`).test(value) ? value : undefined;
    case "boolean":
      return booleans.get(value);
    case "json":
      return isJson(value) ? value : undefined;
    default:
      return type satisfies never;
  }
}

/** A member's value as JSON in SQL, never NULL; what `badMember` finds is written as whatever it is. */
export function memberSql({ type, value }: JsonMember): Sql {
  if (value.kind === "const") {
    const constant = value.value === null ? undefined : constantText(value.value, type);
    return literal(constant ?? "null");
  }
  const column = identifier(value.column);
  switch (type) {
    case "string":
      return sql`coalesce(CAST(to_json(${column}) AS VARCHAR), 'null')`;
    case "boolean":
      return sql`CASE WHEN ${column} IN ('t', 'true') THEN 'true' WHEN ${column} IN ('f', 'false') THEN 'false' ELSE 'null' END`;
    case "number":
    case "json":
      return sql`coalesce(${column}, 'null')`;
    default:
      return type satisfies never;
  }
}

/** SQL that is true where a member's column holds what is none of its type; undefined where it cannot. */
export function badMember({ type, value }: JsonMember): Sql | undefined {
  if (value.kind === "const") return undefined;
  const column = identifier(value.column);
  switch (type) {
    case "string":
      return undefined;
    case "number":
      return sql`coalesce(NOT regexp_full_match(${column}, ${literal(number)}), false)`;
    case "boolean":
      return sql`coalesce(${column} NOT IN ('t', 'true', 'f', 'false'), false)`;
    case "json":
      return sql`coalesce(${callOf(jsonOrNot, column)} = 'f', false)`;
    default:
      return type satisfies never;
  }
}

/** Says t or f. DuckDB's json_valid() takes NaN and a comma at the end for JSON. */
export const jsonOrNot: NodeFunction = {
  name: "~is_json",
  parameters: 1,
  load: async () => (values) => {
    const [value = ""] = values;
    return isJson(value) ? "t" : "f";
  },
};
