import type { NormalForm } from "../../../mapping/normal-forms.js";
import type { Sql } from "../../../model/names.js";
import { fileText, inUtc, source, withoutEndZeros } from "../column-text.js";
import { baseType, kindOf } from "../column-types.js";
import type { ComparedColumn } from "./compare-columns.js";

/** The normal forms of MySQL's types. */
export type MysqlForm = Exclude<NormalForm, { readonly kind: "boolean" | "timestamp" | "instant" }>;

// Of these no two texts become one in UTF-8. Other character sets have bytes that stand for no character.
const characterSets = new Set(["utf8mb4", "utf8mb3", "utf8", "latin1"]);

/** The form of a column; undefined: none is proven, as of floats, JSON and geometry. */
export function normalFormOf(column: ComparedColumn): MysqlForm | undefined {
  const { by, databaseType, characterSet } = column;
  const base = baseType(databaseType);
  if (by === "json" || (characterSet !== undefined && !characterSets.has(characterSet))) return undefined;
  const kind = kindOf(column);
  switch (kind) {
    case "number":
      return numberForm(databaseType);
    case "bit":
      return { kind: /^bit(?:\(1\))?$/.test(databaseType) ? "flag" : "digits" };
    case "year":
      return { kind: "digits" };
    case "moment":
      return { kind: base === "date" || base === "time" ? base : "datetime" };
    case "timestamp":
      return { kind: "utc" };
    case "bytes":
      return base === "vector" ? undefined : { kind: "bytes" };
    case "characters":
      return { kind: base === "char" ? "padded" : "text" };
    case "text":
      return base === "enum" || base === "set" ? { kind: "text" } : base === "uuid" ? { kind: "uuid" } : undefined;
    case "float":
    case "geometry":
      return undefined;
    default:
      return kind satisfies never;
  }
}

function numberForm(databaseType: string): MysqlForm | undefined {
  const base = baseType(databaseType);
  if (base === "double") return undefined;
  if (base === "decimal") return { kind: "decimal", scale: Number(/,(\d+)\)/.exec(databaseType)?.[1] ?? 0) };
  return { kind: base === "tinyint" ? "tinyint" : "integer" };
}

/** The normal text of a column of `source`, in a session pinned to UTC. */
export function normalText(form: MysqlForm, column: ComparedColumn): Sql {
  switch (form.kind) {
    case "time":
    case "datetime":
      return withoutEndZeros(column);
    case "utc":
      return inUtc(source(column), withoutEndZeros(column));
    case "text":
    case "padded":
    case "integer":
    case "tinyint":
    case "flag":
    case "digits":
    case "decimal":
    case "date":
    case "uuid":
    case "bytes":
      // The server takes the blanks that pad a CHAR(n) off, and prints a DECIMAL with all digits of its scale.
      return fileText(column);
    default:
      return form satisfies never;
  }
}
