import { text } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { spoken } from "../words.js";
import { carrying, defineRule } from "./rule.js";

/** `default: text` stands in for NULL; an empty text is a value, and stays. */
export const defaultValue = defineRule({
  kind: "default",
  schema: text,
  effect: "changes",
  type: "string",
  describe: (value) => `${spoken(value)} in place of NULL`,
  compile: (value, { previous }) => carrying(sql`coalesce(${previous}, ${literal(value)})`),
});
