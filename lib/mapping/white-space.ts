import type { Sql } from "../model/names.js";
import { literal, sql } from "./sql.js";

/**
 * One character of white space in a pattern of RE2: every one with Unicode's property White_Space, and U+FEFF, which
 * editors leave behind.
 */
export const whiteSpace = String.raw`[\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]`;

// DuckDB's own trim() leaves tabs and line ends, and the one with a list of characters takes ten times as long as this.
const atTheEnds = literal(`^${whiteSpace}+|${whiteSpace}+$`);
const runs = literal(`${whiteSpace}+`);

/** A text without white space at its ends. */
export const trimmed = (value: Sql): Sql => sql`regexp_replace(${value}, ${atTheEnds}, '', 'g')`;

/** A text with one blank for each run of white space. */
export const collapsed = (value: Sql): Sql => sql`regexp_replace(${value}, ${runs}, ' ', 'g')`;
