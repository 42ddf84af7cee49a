import { isBeyond } from "../../../model/decimal.js";

const [quote, backslash, colon, minus, zero, nine] = [0x22, 0x5c, 0x3a, 0x2d, 0x30, 0x39];

/**
 * Whether MySQL's JSON keeps what a JSON text says. It makes doubles of numbers that are no integer of 64 bits, which lose
 * digits, and of members with one name keeps the last. What is no JSON is for the server to refuse.
 */
export function isKeptAsJson(json: Buffer): boolean {
  let [members, at] = [0, 0];
  while (at < json.length) {
    const byte = json[at] ?? 0;
    if (byte === quote) at = textEnd(json, at);
    else if (byte === minus || (byte >= zero && byte <= nine)) {
      const end = numberEnd(json, at);
      if (!isKept(json.toString("latin1", at, end))) return false;
      at = end;
    } else {
      if (byte === colon) members += 1;
      at += 1;
    }
  }
  return members < 2 || namesOf(json.toString()) === members;
}

function textEnd(json: Buffer, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at + 1;
}

function numberEnd(json: Buffer, from: number): number {
  let at = from + 1;
  while (at < json.length && /[\d.eE+-]/.test(String.fromCharCode(json[at] ?? 0))) at += 1;
  return at;
}

const [least, most] = [-(1n << 63n), (1n << 64n) - 1n];

function isKept(number: string): boolean {
  if (/^-?\d{1,20}$/.test(number)) {
    const value = BigInt(number);
    if (value >= least && value <= most) return true;
  }
  return isBeyond(number, String(Number(number)), 0) === false;
}

/** How many members the objects have once names that stand twice are one; -1 where it is no JSON. */
function namesOf(json: string): number {
  const inside: unknown[] = [];
  try {
    inside.push(JSON.parse(json));
  } catch {
    return -1;
  }
  let count = 0;
  while (inside.length > 0) {
    const value = inside.pop();
    if (typeof value !== "object" || value === null) continue;
    const members = Object.values(value);
    if (!Array.isArray(value)) count += members.length;
    for (const member of members) inside.push(member);
  }
  return count;
}
