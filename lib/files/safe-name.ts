import { createHash } from "node:crypto";

/**
 * A folder name for any extract or table: lower-case letters, digits, `_`, `.` and `-` stay, everything else is
 * percent-encoded; a name that had to change gets a hash, so that no two names share a folder on any file system.
 */
export function safeName(name: string): string {
  if (/^[a-z0-9_][a-z0-9_.-]*$/.test(name) && name.length <= 100 && !isReserved(name)) return name;
  const encoded = [...Buffer.from(name, "utf8")].map(encodeByte).join("").slice(0, 80);
  return `${encoded}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

function encodeByte(byte: number, position: number): string {
  const character = String.fromCharCode(byte).toLowerCase();
  const plain = position === 0 ? /[a-z0-9_]/ : /[a-z0-9_.-]/;
  return plain.test(character) && byte < 128 ? character : `%${byte.toString(16).padStart(2, "0")}`;
}

// Names that mean devices on Windows, names ending in a dot, which it drops, and names that look like those made here.
function isReserved(name: string): boolean {
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/.test(name) || name.endsWith(".") || /-[0-9a-f]{8}$/.test(name);
}
