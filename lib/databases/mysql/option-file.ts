import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Who connects, as ~/.my.cnf says it. */
export interface OptionFile {
  readonly user?: string;
  readonly password?: string;
}

const groups = new Set(["client", "client-mariadb", "client-server"]);

/** The user and password that MySQL's own clients find in ~/.my.cnf; nothing where there is no such file. */
export async function readOptionFile(): Promise<OptionFile> {
  return parseOptionFile(await readFile(join(homedir(), ".my.cnf"), "utf8").catch(() => ""));
}

/** The user and password in the text of an option file, from the groups that every client reads. */
export function parseOptionFile(text: string): OptionFile {
  const found = new Map<string, string>();
  let group = "";
  for (const line of text.split("\n").map((one) => one.trim())) {
    group = /^\[(.*)\]$/.exec(line)?.[1]?.toLowerCase() ?? group;
    const [, name = "", value = ""] = /^(user|password)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== "" && groups.has(group)) found.set(name, /^(["'])(.*)\1$/.exec(value)?.[2] ?? value);
  }
  return Object.fromEntries(found);
}
