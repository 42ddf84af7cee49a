import type { z } from "zod";
import { complain, name, object, oneOrMore, text, wholeNumber } from "./grammar.js";

/** One line of `steps:`, a file with TypeScript that the source's rows pass before the mapping. */
export const stepSchema = object({
  row: name.optional(),
  frame: name.optional(),
  adds: oneOrMore(name).optional(),
  replaces: oneOrMore(name).optional(),
  max_rows: wholeNumber(1).optional(),
  max_seconds: wholeNumber(1).optional(),
  because: text.optional(),
}).superRefine(({ row, frame, max_rows }, context) => {
  if ((row === undefined) === (frame === undefined))
    complain(context, "a step is either row or frame", "write row: steps/NAME.ts, or frame: steps/NAME.ts");
  if (row !== undefined && max_rows !== undefined)
    complain(context, "max_rows is for frame steps", "leave it out: a row step sees one row at a time");
});

export type ParsedStep = z.output<typeof stepSchema>;
