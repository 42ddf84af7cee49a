import { readFileSync } from "node:fs";

/** What ran: with these equal, equal input gives equal bytes, gzip's included. */
export function tool(): Readonly<Record<"waybill" | "node" | "zlib" | "arch", string>> {
  return { waybill: version(), node: process.versions.node, zlib: process.versions.zlib ?? "", arch: process.arch };
}

/** Waybill's own version. */
export function version(): string {
  // dist/lib/program/tool.js and lib/program/tool.ts lie at different depths below package.json.
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as Record<
        string,
        string
      >;
      if (name === "waybill" && version !== undefined) return version;
    } catch {
      // Not at this depth.
    }
  }
  return "unknown";
}
