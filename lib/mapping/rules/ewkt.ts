import { z } from "zod";
import { callOf, type NodeFunction } from "../compiled.js";
import { geometryText } from "../geometry-text.js";
import { object, on, wholeNumber } from "../grammar.js";
import { literal } from "../sql.js";
import { defineRule, reading } from "./rule.js";

const declared = object({ srid: wholeNumber(1, 999_999) });

const ewktOf: NodeFunction = {
  name: "~ewkt",
  parameters: 2,
  load: async () => (values) => {
    const [hex = "", srid = ""] = values;
    return geometryText(hex, srid === "" ? undefined : Number(srid)) ?? null;
  },
};

/**
 * `ewkt: true` writes a geometry, which stands in the files as (E)WKB in hex, as EWKT: `SRID=4326;POINT(36.8 -1.3)`.
 * `ewkt: { srid: 4326 }` says the reference system of those that name none. What is no geometry is a miss; NULL stays NULL.
 */
export const ewkt = defineRule({
  kind: "ewkt",
  schema: z.union([on, declared]),
  effect: "translates",
  type: "string",
  describe: (options) =>
    options === true
      ? "written as a geometry in words (EWKT)"
      : `written as a geometry in words (EWKT), in the reference system ${options.srid} where it names none`,
  compile: (options, context) => {
    const srid = options === true ? "" : String(options.srid);
    const read = callOf(ewktOf, context.previous, literal(srid));
    return { ...reading(read, context, `${context.column} is not a geometry in WKB`), functions: [ewktOf] };
  },
});
