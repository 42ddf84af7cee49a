import { join } from "node:path";
import { readBody } from "../../lib/files/csv-rows.js";
import { readManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { type FileRole, filesOf, type Manifest } from "../../lib/model/manifest.js";
import { type FilePosition, type RowPlace, readPositioned } from "./file-position.js";
import type { FoundRow } from "./search.js";
import type { Tracing } from "./transforms.js";

/** What load says of a row. */
export type LoadStory =
  /** It was not written, so there was nothing to load. */
  | { readonly kind: "not written" }
  | { readonly kind: "not loaded"; readonly why: string }
  | Quarantined
  | {
      readonly kind: "loaded";
      /** The part as load names it, and how many rows it holds. */
      readonly part: string;
      readonly rowCount: number;
      readonly generation: string;
    };

/** The database refused the row, by a constraint or with an SQLSTATE; `code` is null where it refused its parent. */
interface Quarantined {
  readonly kind: "quarantined";
  readonly code: string | null;
  readonly constraint: string | null;
  readonly message: string | null;
  readonly file: FilePosition;
}

/** What load left of a table. */
export interface Loaded {
  readonly manifest: Manifest | undefined;
  /** Whether rollback has taken a load back; load's own manifest goes when it does. */
  readonly takenBack: boolean;
  /** Each part that was committed, by the name load gives it. */
  readonly commits: readonly Line[];
}

type Line = Readonly<Record<string, string | null>>;

/** Reads what load left of a table, proved byte for byte. */
export async function readLoaded(tracing: Tracing): Promise<Loaded> {
  const manifest = await readManifest(folderOf(tracing));
  const commits: Line[] = [];
  if (manifest !== undefined) for await (const { line } of linesOf(tracing, manifest, "commits")) commits.push(line);
  const { work, table } = tracing;
  const takenBack = (await readManifest(work.stageFolder("rollback", table.name))) !== undefined;
  return { manifest, takenBack, commits };
}

/** What load did with a row that was found. */
export async function loadStory(
  tracing: Tracing,
  { manifest, takenBack, commits }: Loaded,
  { of, written }: FoundRow,
): Promise<LoadStory> {
  if (written === undefined) return { kind: "not written" };
  if (manifest === undefined) {
    const why = takenBack ? "its load was taken back, and none has finished since" : "load has not finished";
    return { kind: "not loaded", why };
  }
  const part = of.replay === undefined ? written.file.path : `replay-${of.replay}/${written.file.path}`;
  const commit = commits.find((line) => line.part === part && line.hash === written.file._contentHash);
  if (commit === undefined)
    return { kind: "not loaded", why: `what was loaded is of another transform, without this ${part}` };
  const refused = await quarantined(tracing, manifest, { part, row: String(written.row + 1) });
  return refused ?? { kind: "loaded", part, rowCount: Number(commit.rows), generation: commit.generation ?? "" };
}

async function quarantined(
  tracing: Tracing,
  manifest: Manifest,
  wanted: { readonly part: string; readonly row: string },
): Promise<Quarantined | undefined> {
  for await (const { line, place } of linesOf(tracing, manifest, "rejects")) {
    if (line._part !== wanted.part || line._row !== wanted.row) continue;
    const { position } = await readPositioned(tracing, place, remedy(tracing));
    const { _code: code = null, _constraint: constraint = null, _message: message = null } = line;
    return { kind: "quarantined", code, constraint, message, file: position };
  }
  return undefined;
}

async function* linesOf(
  tracing: Tracing,
  manifest: Manifest,
  role: FileRole,
): AsyncGenerator<{ readonly line: Line; readonly place: RowPlace }> {
  const folder = folderOf(tracing);
  for (const file of filesOf(manifest, role)) {
    await verifyFile(folder, file, remedy(tracing));
    const names = file.schema.fields.map(({ name }) => name);
    let row = 0;
    for await (const values of readBody(join(folder, file.path))) {
      // Load's own columns come first: the table may have columns of the same names.
      const own = names.map((name, index) => [name, values[index] ?? null] as const).reverse();
      yield { line: Object.fromEntries(own), place: { folder, file, row } };
      row += 1;
    }
  }
}

const folderOf = ({ work, table }: Tracing): string => work.stageFolder("load", table.name);

const remedy = ({ command, table }: Tracing): string => command("load", table.name, "--force");
