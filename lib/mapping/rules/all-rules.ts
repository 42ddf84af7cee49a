import { address } from "./address.js";
import { boolean } from "./boolean.js";
import { collapse } from "./collapse.js";
import { date } from "./date.js";
import { defaultValue } from "./default.js";
import { email } from "./email.js";
import { ewkt } from "./ewkt.js";
import { jsonValue } from "./json-value.js";
import { lookup } from "./lookup.js";
import { lower } from "./lower.js";
import { map } from "./map.js";
import { mask } from "./mask.js";
import { nullIf } from "./null-if.js";
import { number } from "./number.js";
import { pad } from "./pad.js";
import { phone } from "./phone.js";
import { postcode } from "./postcode.js";
import { references } from "./references.js";
import { replace } from "./replace.js";
import { required } from "./required.js";
import type { RuleDefinition } from "./rule.js";
import { split } from "./split.js";
import { substring } from "./substring.js";
import { time } from "./time.js";
import { timestamp } from "./timestamp.js";
import { title } from "./title.js";
import { trim } from "./trim.js";
import { type } from "./type.js";
import { upper } from "./upper.js";

/** Every rule of the column language, as the documents list them. A column's rules run in the order of its file. */
export const allRules: readonly RuleDefinition[] = [
  trim,
  collapse,
  nullIf,
  defaultValue,
  upper,
  lower,
  title,
  replace,
  pad,
  substring,
  split,
  date,
  timestamp,
  time,
  number,
  boolean,
  jsonValue,
  ewkt,
  map,
  lookup,
  phone,
  email,
  address,
  postcode,
  mask,
  references,
  required,
  type,
];
