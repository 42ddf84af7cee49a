import { callOf, type NodeFunction } from "../compiled.js";
import { complain, text } from "../grammar.js";
import { findInJson, parseJsonPath } from "../json-text.js";
import { literal, sql } from "../sql.js";
import { defineRule } from "./rule.js";

const path = text.superRefine((value, context) => {
  if (parseJsonPath(value) !== undefined) return;
  complain(
    context,
    `${JSON.stringify(value)} is no path`,
    'write a path such as $.address.city, $.phones[0] or $."a b"',
  );
});

const unclear = "!";

// DuckDB's own functions read numbers as floats (1.10 becomes 1.1), accept NaN and take the first of two equal names.
const valueAt: NodeFunction = {
  name: "~json_value",
  parameters: 2,
  load: async () => (values) => {
    const [json = "", at = ""] = values;
    const found = findInJson(json, parseJsonPath(at) ?? []);
    switch (found.kind) {
      case "found":
        return `=${found.text}`;
      case "absent":
        return null;
      case "unclear":
        return unclear;
      default:
        return found satisfies never;
    }
  },
};

/**
 * `json_value: $.address.city` takes a value out of JSON: of a text its characters, of anything else what is written
 * there. NULL, JSON's null and what is not there are NULL; what is no JSON is a miss, and so is a name that stands twice.
 */
export const jsonValue = defineRule({
  kind: "json_value",
  schema: path,
  effect: "translates",
  type: "string",
  describe: (at) => `what its JSON holds at ${at}`,
  compile: (at, { column, previous }) => {
    const answer = callOf(valueAt, previous, literal(at));
    return {
      value: sql`CASE WHEN ${answer} <> ${literal(unclear)} THEN substring(${answer}, 2) END`,
      miss: sql`coalesce(${answer} = ${literal(unclear)}, false)`,
      reason: `${column} is no JSON with one value at ${at}`,
      join: undefined,
      functions: [valueAt],
    };
  },
});
