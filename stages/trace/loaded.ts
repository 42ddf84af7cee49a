import { join } from "node:path";
import { readBody } from "../../lib/files/csv-rows.js";
import { readManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { type FileRole, filesOf, type Manifest } from "../../lib/model/manifest.js";
import type { FoundRow } from "./search.js";
import type { Tracing } from "./transforms.js";

type Line = Readonly<Record<string, string | null>>;

/** What load says of a row. */
export type LoadStory =
  /** It was not written, so there was nothing to load. */
  | { readonly kind: "not written" }
  | { readonly kind: "not loaded"; readonly why: string }
  /** The target would not take it. */
  | { readonly kind: "quarantined"; readonly rule: string | null; readonly reason: string | null }
  | {
      readonly kind: "loaded";
      /** The part as load names it, and how many rows were committed with it. */
      readonly part: string;
      readonly rowCount: number;
      readonly generation: string;
    };

/** What load left of a table: its manifest, what was committed, and the rows that the target would not take. */
export interface Loaded {
  readonly manifest: Manifest | undefined;
  readonly commits: readonly Line[];
  readonly quarantined: readonly Line[];
}

/** Reads what load left, proved byte for byte. */
export async function readLoaded({ work, table, command }: Tracing): Promise<Loaded> {
  const folder = work.stageFolder("load", table.name);
  const manifest = await readManifest(folder);
  const lines = async (role: FileRole): Promise<readonly Line[]> => {
    const found: Line[] = [];
    for (const file of manifest === undefined ? [] : filesOf(manifest, role)) {
      await verifyFile(folder, file, command("load", table.name, "--force"));
      const names = file.schema.fields.map(({ name }) => name);
      for await (const row of readBody(join(folder, file.path)))
        found.push(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])));
    }
    return found;
  };
  return { manifest, commits: await lines("commits"), quarantined: await lines("rejects") };
}

/** What load did with a row that was found. */
export function loadStory({ manifest, commits, quarantined }: Loaded, { of, written }: FoundRow): LoadStory {
  if (written === undefined) return { kind: "not written" };
  if (manifest === undefined) return { kind: "not loaded", why: "load has not run, or has not finished" };
  const part = of.replay === undefined ? written.file.path : `replay-${of.replay}/${written.file.path}`;
  const commit = commits.find((line) => line.part === part && line.hash === written.file._contentHash);
  if (commit === undefined)
    return { kind: "not loaded", why: `what was loaded is of another transform, without this ${part}` };
  const refused = quarantined.find((line) => line.part === part && line.row === String(written.row + 1));
  if (refused !== undefined) return { kind: "quarantined", rule: refused.rule ?? null, reason: refused.reason ?? null };
  return { kind: "loaded", part, rowCount: Number(commit.rows), generation: commit.generation ?? "" };
}
