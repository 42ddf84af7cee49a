import type { PlainOrigin } from "../settled-origin.js";
import { concat } from "./concat.js";
import { constant } from "./const.js";
import { extractName } from "./extract-name.js";
import { flagged } from "./flagged.js";
import { from } from "./from.js";
import { json } from "./json.js";
import type { OriginDefinition } from "./origin.js";
import { sourceKey } from "./source-key.js";
import { sql } from "./sql.js";
import { uuid5 } from "./uuid5.js";

/** Every way a target column can get its first value. A column has exactly one. */
export const allOrigins: readonly OriginDefinition[] = [
  ...[from, constant, uuid5, concat, json, sourceKey],
  ...[extractName, flagged, sql],
];

/** What a settled origin's kind means. */
export function definitionOfOrigin({ kind }: PlainOrigin): OriginDefinition {
  const found = allOrigins.find((definition) => definition.kind === kind);
  if (found === undefined) throw new TypeError(`no origin of kind ${kind}`);
  return found;
}
