import { z } from "zod";
import { complain, object, text, wholeNumber } from "../grammar.js";
import { literal, number, sql } from "../sql.js";
import { spoken } from "../words.js";
import { carrying, defineRule } from "./rule.js";

/** Wider than any column of fixed width, and narrow enough for memory. */
const widest = 10_000;

const filler = text.superRefine((value, context) => {
  if ([...value].length !== 1) complain(context, "not one character", 'write one character, such as "0"');
});

/** `pad: { to: 5, with: "0", side: left }` fills up to so many characters; a longer value passes, and so does NULL. */
export const pad = defineRule({
  kind: "pad",
  schema: object({ to: wholeNumber(1, widest), with: filler, side: z.enum(["left", "right"]).default("left") }),
  effect: "changes",
  type: "string",
  describe: ({ to, with: by, side }) => `filled up to ${to} characters with ${spoken(by)} on the ${side}`,
  compile: ({ to, with: by, side }, { previous }) => {
    // DuckDB's own lpad() cuts longer values.
    const missing = sql`repeat(${literal(by)}, greatest(${number(to)} - length(${previous}), 0))`;
    return carrying(side === "left" ? sql`(${missing} || ${previous})` : sql`(${previous} || ${missing})`);
  },
});
