import type { Meaning, MeshType } from "./types.js";

/** A value as it stands in a file, and what its type means by that text. */
export interface Meant {
  readonly meaning: Meaning;
  readonly text: string;
}

/** Whether anybody would give a column of the one type values of the other: what only one database has is taken as it is. */
export function isSensible(source: MeshType, target: MeshType): boolean {
  if (source.type === target.type) return true;
  if (target.meaning === "other") return target.type === "interval" && source.meaning === "time";
  // Nobody checks what goes into these: 101 is taken for a number.
  if (source.meaning === "bits" && ["tinyint(1)", "float(7,2)", "json"].includes(target.type)) return false;
  return target.meaning !== "bits" || source.meaning === "bits" || target.type === "bit(1)";
}

/**
 * Whether a target holds the very value of a source, told from what both print and by nothing of Waybill's own. FORMATS.md
 * says in which form values of two types are one and the same.
 */
export function isSameValue(source: Meant, stored: Meant): boolean {
  const { meaning, text } = stored;
  if (meaning === "text")
    return text === source.text || (source.meaning === "padded text" && text === source.text.trimEnd());
  if (meaning === "padded text") return text.trimEnd() === source.text.trimEnd();
  // What a text, or a type that only one database has, says is what the column reads.
  const own = source.meaning === "text" || source.meaning === "padded text" ? meaning : source.meaning;
  const [left, right] = [forms(own, source.text), forms(meaning, text)];
  // Seven digits are more than a REAL is sure to keep, and its own text has no more.
  const isShort = source.text.replace(/e.*$/i, "").replace(/[-+.]|^[-+.0]+|0+$/g, "").length <= 7;
  if (meaning === "single" && isShort) left.push(`single ${Math.fround(Number(source.text))}`);
  return left.some((form) => right.includes(form));
}

/** What a value is: values of two types are equal where they share one of these. */
function forms(meaning: Meaning, text: string): string[] {
  switch (meaning) {
    case "number":
    case "float":
      return [`number ${decimal(text)}`, ...truth({ "1": "t", "0": "f", t: "t", f: "f" }[text])];
    case "single":
      return [
        `number ${decimal(text)}`,
        `number ${decimal(String(Math.fround(Number(text))))}`,
        `single ${Math.fround(Number(text))}`,
      ];
    case "boolean":
      return truth(/^(?:t|true|y|yes|on|1)$/i.test(text) ? "t" : "f");
    case "bits":
      return [`bits ${text}`, ...(text.length === 1 ? forms("number", text) : [])];
    case "date":
      return [`moment ${moment(text)}`];
    case "datetime":
    case "instant":
      return [`moment ${moment(text)}`];
    case "time": {
      const bare = text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
      return [`time ${bare}`, `other ${bare}`];
    }
    case "bytes":
      return [`bytes ${text.toLowerCase()}`];
    case "json":
      return [`json ${json(text)}`, ...(/^-?\d[\d.]*(?:e[+-]?\d+)?$/i.test(text) ? [`number ${decimal(text)}`] : [])];
    case "uuid":
      return [`uuid ${text.toLowerCase()}`];
    case "text":
    case "padded text":
    case "other":
      return [`other ${text}`];
    default:
      return meaning satisfies never;
  }
}

const truth = (value: string | undefined): string[] => (value === undefined ? [] : [`boolean ${value}`]);

/** Digits without zeros around them, and their power of ten. */
function decimal(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  if (whole + fraction === "") return text.toLowerCase().replace(/^\+/, "");
  const digits = (whole + fraction).replace(/^0+/, "");
  const bare = digits.replace(/0+$/, "");
  if (bare === "") return "0";
  return `${sign === "-" ? "-" : ""}${bare}e${Number(exponent) - fraction.length + digits.length - bare.length}`;
}

/** In UTC, without zeros behind the seconds; a day alone is its beginning. */
function moment(text: string): string {
  const [, day = text, clock = "00:00:00", fraction = "", era = ""] =
    /^(\d+-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?)?(?:\+00)?( BC)?$/.exec(text) ?? [];
  return `${day} ${clock}.${fraction.replace(/0+$/, "")}${era}`;
}

function json(text: string): string {
  const sorted = (value: unknown): unknown =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, sorted(one)]),
        )
      : value;
  try {
    return /^-?[\d.]+(?:e[+-]?\d+)?$/i.test(text)
      ? `number ${decimal(text)}`
      : JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    return text;
  }
}
