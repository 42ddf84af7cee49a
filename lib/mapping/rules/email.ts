import { on } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { trimmed } from "../white-space.js";
import { defineRule } from "./rule.js";

// What mail servers accept between them: a dot-atom of RFC 5321 before the @, a host name of at least two labels after it.
const atom = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_{|}~\x60-]+`;
// A repetition up to 63 of such a class would be a program of 60,000 steps: 0.4 s for each column, before the first row.
const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?`;
const longLabel = literal("[^.]{64}");
const address = literal(String.raw`${atom}(?:\.${atom})*@(?:${label}\.)+${label}`);

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
    const value = sql`lower(${trimmed(previous)})`;
    const fits = sql`(regexp_full_match(${value}, ${address}) AND length(split_part(${value}, '@', 1)) <= 64 AND length(${value}) <= 254
      AND NOT regexp_matches(split_part(${value}, '@', 2), ${longLabel}))`;
    return {
      value,
      miss: sql`(${previous} IS NOT NULL AND NOT ${fits})`,
      reason: `${column} is not an e-mail address`,
      join: undefined,
    };
  },
});
