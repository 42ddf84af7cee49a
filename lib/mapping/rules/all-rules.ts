import { boolean } from "./boolean.js";
import { date } from "./date.js";
import { lookup } from "./lookup.js";
import { map } from "./map.js";
import { number } from "./number.js";
import { required } from "./required.js";
import type { RuleDefinition } from "./rule.js";
import { time } from "./time.js";
import { timestamp } from "./timestamp.js";
import { trim } from "./trim.js";

/** Every rule of the column language, in the order in which the rules of one column are applied. */
export const allRules: readonly RuleDefinition[] = [
  trim,
  date,
  timestamp,
  time,
  number,
  boolean,
  map,
  lookup,
  required,
];
