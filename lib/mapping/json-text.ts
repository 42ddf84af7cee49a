/** One step of a way into JSON: a name of an object, or a place in an array, from 0. */
export type JsonStep = string | number;

/** What stands at a place of a JSON text. `unclear`: it is no JSON, or has no single text there. */
export type JsonFind =
  | { readonly kind: "found"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unclear" };

/** Whether a text is JSON as RFC 8259 has it: no comments, no comma at the end, no NaN. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The steps of a path: `$.address.city`, `$.phones[0]`, `$."a b"` with JSON's escapes in quotation marks, `$` alone for
 * the whole; undefined when it is none.
 */
export function parseJsonPath(path: string): readonly JsonStep[] | undefined {
  if (!/^\$(?:\.[\p{L}\p{N}_-]+|\."(?:[^"\\]|\\.)*"|\[\d{1,9}\])*$/u.test(path)) return undefined;
  const steps = [...path.matchAll(/\.(?<bare>[\p{L}\p{N}_-]+)|\.(?<quoted>"(?:[^"\\]|\\.)*")|\[(?<place>\d+)\]/gu)];
  if (!steps.every(({ groups = {} }) => groups.quoted === undefined || isJson(groups.quoted))) return undefined;
  return steps.map(({ groups: { bare, quoted, place } = {} }) => {
    if (bare !== undefined) return bare;
    return quoted === undefined ? Number(place) : String(JSON.parse(quoted));
  });
}

/**
 * What stands at `steps` in a JSON text: of a text its characters, of anything else what is written there, to the last
 * digit. JSON's null is absent. JSON.parse only says whether it is JSON: its numbers lose digits.
 */
export function findInJson(json: string, steps: readonly JsonStep[]): JsonFind {
  if (!isJson(json)) return { kind: "unclear" };
  let at = blanksEnd(json, 0);
  for (const step of steps) {
    const members = [...membersAt(json, at)].filter(({ name }) => name === step);
    // Of two members with one name, readers of JSON take the first or the last: there is no telling which was meant.
    if (members.length > 1) return { kind: "unclear" };
    const [member] = members;
    if (member === undefined) return { kind: "absent" };
    at = member.start;
  }
  return scalarOf(json.slice(at, valueEnd(json, at)));
}

function scalarOf(written: string): JsonFind {
  if (written === "null") return { kind: "absent" };
  if (!written.startsWith('"')) return { kind: "found", text: written };
  const text = String(JSON.parse(written));
  // Half a surrogate pair is no character: as UTF-8 it would become another one.
  return /\p{Surrogate}/u.test(text) ? { kind: "unclear" } : { kind: "found", text };
}

// From here on the text is known to be JSON: finding the ends of its values takes no more than counting brackets.

interface Member {
  readonly name: JsonStep;
  readonly start: number;
}

/** The members of the object or array that begins at `at`; none where it is neither. */
function* membersAt(json: string, at: number): Generator<Member> {
  const isObject = json[at] === "{";
  if (!isObject && json[at] !== "[") return;
  let next = blanksEnd(json, at + 1);
  for (let place = 0; json[next] !== "}" && json[next] !== "]"; place += 1) {
    if (json[next] === ",") next = blanksEnd(json, next + 1);
    const nameEnd = isObject ? textEnd(json, next) : next;
    const start = isObject ? blanksEnd(json, blanksEnd(json, nameEnd) + 1) : next;
    yield { name: isObject ? String(JSON.parse(json.slice(next, nameEnd))) : place, start };
    next = blanksEnd(json, valueEnd(json, start));
  }
}

function blanksEnd(json: string, from: number): number {
  let at = from;
  while (/^[ \t\r\n]$/.test(json.charAt(at))) at += 1;
  return at;
}

function textEnd(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function valueEnd(json: string, from: number): number {
  let [at, depth] = [from, 0];
  do {
    const character = json.charAt(at);
    if (character === "{" || character === "[") depth += 1;
    if (character === "}" || character === "]") depth -= 1;
    if (character === '"') at = textEnd(json, at);
    else if (depth > 0 || character === "}" || character === "]") at += 1;
    else at = wordEnd(json, at);
  } while (depth > 0);
  return at;
}

function wordEnd(json: string, from: number): number {
  let at = from;
  while (at < json.length && !/^[,\]} \t\r\n]$/.test(json.charAt(at))) at += 1;
  return at;
}
