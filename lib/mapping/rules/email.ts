import { on } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { whiteSpace } from "../white-space.js";
import { defineRule } from "./rule.js";

// What mail servers accept between them: a dot-atom of RFC 5321 before the @, a host name of at least two labels after it.
const atom = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_{|}~\x60-]+`;
const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?`;
const address = literal(String.raw`${atom}(?:\.${atom})*@(?:${label}\.)+${label}`);
const atTheEnds = literal(`^${whiteSpace}+|${whiteSpace}+$`);

/**
 * `email: true` takes blanks off the ends and writes the address in lower case, before the @ as well: no provider in use
 * tells capitals apart there. What is no address is a miss; NULL stays NULL. Nobody is asked whether the mailbox exists.
 */
export const email = defineRule({
  kind: "email",
  schema: on,
  effect: "translates",
  type: "string",
  describe: () => "written as an e-mail address in lower case",
  compile: (_, { column, previous }) => {
    const value = sql`lower(regexp_replace(${previous}, ${atTheEnds}, '', 'g'))`;
    const fits = sql`(regexp_full_match(${value}, ${address}) AND length(split_part(${value}, '@', 1)) <= 64 AND length(${value}) <= 254)`;
    return {
      value,
      miss: sql`(${previous} IS NOT NULL AND NOT ${fits})`,
      reason: `${column} is not an e-mail address`,
      join: undefined,
    };
  },
});
