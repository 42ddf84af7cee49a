import { z } from "zod";
import { badMember, jsonMembers, jsonOrNot, memberSql } from "../json-members.js";
import { carrying, defineRule } from "../rules/rule.js";
import type { JsonMember } from "../settled-origin.js";
import { join, literal, sql } from "../sql.js";
import { listed } from "../words.js";
import { defineOrigin } from "./origin.js";

const checked = z.object({ members: z.custom<readonly JsonMember[]>() });

/** Rejects a row of which no JSON of the declared types can be made. */
const check = defineRule({
  kind: "json",
  schema: checked,
  effect: "keeps",
  type: "same",
  describe: () => "each number, boolean and JSON in it is one",
  compile: ({ members }, { column, previous }) => {
    const faults = members.flatMap((member) => {
      const when = badMember(member);
      return when === undefined
        ? []
        : [{ when, reason: `${column} cannot be made: ${member.name} is no ${member.type}` }];
    });
    const arms = faults.map(({ when, reason }) => sql`WHEN ${when} THEN ${literal(reason)}`);
    if (faults.length === 0) return carrying(previous);
    return {
      value: previous,
      miss: sql`(${join(
        faults.map(({ when }) => when),
        " OR ",
      )})`,
      reason: `${column} cannot be made`,
      reasonSql: sql`CASE ${join(arms, " ")} END`,
      join: undefined,
      functions: [jsonOrNot],
    };
  },
});

/**
 * `json: { name: full_name, age: { from: age, type: number } }` is one JSON object, its names in the order of the file.
 * A number keeps its digits; NULL is null; a value that is none of its type rejects the row by the rule `COLUMN.json`.
 */
export const json = defineOrigin({
  kind: "json",
  schema: jsonMembers,
  takesRules: true,
  check,
  settle: (members) => ({ kind: "json", members }),
  describe: ({ members }) => `a JSON object of ${listed(members.map(({ name }) => name))}`,
  compile: ({ members }, { source }) => {
    for (const { value } of members) if (value.kind === "from") source(value.column);
    const written = members.map(
      (member, index) =>
        sql`${literal(`${index === 0 ? "{" : ","}${JSON.stringify(member.name)}:`)}, ${memberSql(member)}`,
    );
    return { start: sql`concat(${join(written, ", ")}, '}')`, type: "string", injectiveOf: undefined };
  },
});
