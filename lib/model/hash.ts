import { createHash } from "node:crypto";
import { type Sha256, sha256Of } from "./names.js";

/** Any value JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** JSON with sorted keys: equal values give equal text on every machine. `indent` makes it readable. */
export function canonicalJson(value: Json, indent?: number): string {
  return JSON.stringify(sorted(value), undefined, indent);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  // By UTF-16 code unit, as RFC 8785 orders them: no locale has a say.
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member as Json)]));
}

/** SHA-256 of text (as UTF-8) or bytes. */
export function sha256(content: string | Uint8Array): Sha256 {
  return sha256Of(createHash("sha256").update(content).digest("hex"));
}

/** SHA-256 of a value's canonical JSON: the fingerprint of a specification, the hash of an output. */
export function hashOf(value: Json): Sha256 {
  return sha256(canonicalJson(value));
}

/** Personal data where only its sameness may show, in manifests and on pages: `sha256:` and 16 hex digits. */
export function veiled(value: string): string {
  return sha256(value).slice(0, "sha256:".length + 16);
}
