import { createHmac } from "node:crypto";
import type { z } from "zod";
import type { Sql } from "../../model/names.js";
import { callOf, type NodeFunction } from "../compiled.js";
import { familyNames, givenNames } from "../fake-names.js";
import { complain, name, object, text, wholeNumber } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { carrying, defineRule, type RuleEffect } from "./rule.js";

const secret = name.superRefine((value, context) => {
  if (/^[A-Z][A-Z0-9_]*$/.test(value)) return;
  const hint =
    "write the name of the variable that holds the key, such as WAYBILL_MASK_KEY; the key itself never stands here";
  complain(context, "no name of an environment variable", hint);
});

const fakes = ["first_name", "last_name", "full_name"] as const;
const kinds = ["redact", "hash", "partial", "fake"] as const;

/** More than anybody wants to see of a hidden value, and few enough for the engine to add up. */
const mostShown = 10_000;

const schema = object({
  redact: text.optional(),
  hash: object({ key: secret, digits: wholeNumber(8).default(32) }).optional(),
  partial: object({
    first: wholeNumber(0, mostShown).default(0),
    last: wholeNumber(0, mostShown).default(0),
    with: name.default("*"),
  }).optional(),
  fake: object({ name: name.superRefine(isFake), key: secret }).optional(),
}).superRefine((options, context) => {
  const given = kinds.filter((kind) => options[kind] !== undefined);
  if (given.length !== 1) complain(context, `${given.length} ways to mask`, `write one of ${kinds.join(", ")}`);
  if ((options.hash?.digits ?? 0) > 64) complain(context, "more than 64 digits", "SHA-256 has 64 hex digits");
});

function isFake(value: string, context: z.core.$RefinementCtx): void {
  if (fakes.some((fake) => fake === value)) return;
  complain(context, `no fake ${JSON.stringify(value)}`, `write one of ${fakes.join(", ")}`);
}

type Options = z.output<typeof schema>;

/**
 * `mask: { redact: "***" }` hides a value whole. `{ hash: { key: ENV } }` is its HMAC-SHA256 under the key in that
 * environment variable, in hex digits: the same in every table and run with that key, so joins survive, and nobody
 * without the key can try values out. `{ partial: { last: 4 } }` leaves some characters; a value that is not longer is
 * hidden whole. `{ fake: { name: full_name, key: ENV } }` is a made-up name, the same for the same value. NULL stays
 * NULL. What a masked column held stands in no change log.
 */
export const mask = defineRule({
  kind: "mask",
  schema,
  effect: "changes",
  type: "string",
  conceals: true,
  secrets: ({ hash, fake }) => [hash, fake].flatMap((keyed) => keyed?.key ?? []),
  describe: inWords,
  compile: ({ redact, hash, partial, fake }, { previous }): RuleEffect => {
    if (hash !== undefined) {
      const fn = hashFunction(hash.key);
      return keyed(fn, sql`left(${callOf(fn, previous)}, ${count(hash.digits)})`);
    }
    if (fake !== undefined) {
      const fn = fakeFunction(fake.name, fake.key);
      return keyed(fn, callOf(fn, previous));
    }
    if (partial !== undefined) return carrying(partly(previous, partial));
    return carrying(sql`CASE WHEN ${previous} IS NOT NULL THEN ${literal(redact ?? "")} END`);
  },
});

const keyed = (fn: NodeFunction, value: Sql): RuleEffect => ({ ...carrying(value), functions: [fn] });
const count = (number: number): Sql => sql`${literal(String(number))}::INTEGER`;

function partly(value: Sql, { first, last, with: cover }: NonNullable<Options["partial"]>): Sql {
  const hidden = sql`(length(${value}) - ${count(first + last)})`;
  const covered = sql`left(${value}, ${count(first)}) || repeat(${literal(cover)}, ${hidden}) || right(${value}, ${count(last)})`;
  return sql`CASE WHEN ${hidden} <= 0 THEN repeat(${literal(cover)}, length(${value})) ELSE ${covered} END`;
}

function hashFunction(key: string): NodeFunction {
  return {
    name: `~hash ${key}`,
    parameters: 1,
    load: async ({ secret }) => {
      const bytes = secret(key);
      return ([value = ""]) => createHmac("sha256", bytes).update(value).digest("hex");
    },
  };
}

function fakeFunction(kind: string, key: string): NodeFunction {
  return {
    name: `~fake ${kind} ${key}`,
    parameters: 1,
    load: async ({ secret }) => {
      const bytes = secret(key);
      return ([value = ""]) => {
        // Another message than the hash's: a made-up name must not tell whose hash begins with what.
        const digest = createHmac("sha256", bytes).update(`fake name\0${value}`).digest();
        const given = pick(givenNames, digest.readUInt32BE(0));
        const family = pick(familyNames, digest.readUInt32BE(4));
        return kind === "first_name" ? given : kind === "last_name" ? family : `${given} ${family}`;
      };
    },
  };
}

const pick = (names: readonly string[], number: number): string => names[number % names.length] ?? "";

function inWords({ redact, hash, partial, fake }: Options): string {
  if (hash !== undefined) return `hidden behind a keyed hash of ${hash.digits} digits, the same in every table`;
  if (fake !== undefined) return `a made-up ${fake.name.replace("_", " ")} in place of the true one`;
  if (partial === undefined) return `hidden behind ${JSON.stringify(redact)}`;
  const shown = [
    ...(partial.first > 0 ? [`the first ${partial.first}`] : []),
    ...(partial.last > 0 ? [`the last ${partial.last}`] : []),
  ];
  return shown.length === 0 ? "every character hidden" : `all characters hidden but ${shown.join(" and ")}`;
}
