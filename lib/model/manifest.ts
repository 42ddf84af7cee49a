import type { Checksum } from "./checksum.js";
import { type dialect, dialectVersion } from "./csv-dialect.js";
import { canonicalJson, hashOf, type Json } from "./hash.js";
import type { Sha256 } from "./names.js";

// 1. A manifest is a Frictionless Data Package 2.0 descriptor; what is ours alone begins with an underscore.
// 2. Nothing in it depends on the clock, the host or chance. Times are in log.jsonl.
// 3. `outputHash` covers what later stages depend on; `fingerprint` what this stage's output depends on; `digest` all.

/** `dialect` is the version of the CSV dialect of the files beside the manifest. */
export const manifestFormat = { name: "waybill-manifest", version: 1, dialect: dialectVersion } as const;

export type Stage = "extract" | "transform" | "load" | "validate" | "rollback";

/** What a file beside the manifest is for. Only `part` files hold the rows that go on to the next stage. */
export type FileRole = "part" | "ledger" | "rejects" | "changes" | "commits" | "undo" | "differences";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly trueValues?: readonly string[];
  readonly falseValues?: readonly string[];
  readonly constraints?: { readonly required: true };
  /** The source's or target's own spelling of the type. */
  readonly _databaseType?: string;
}

/** One file beside the manifest: enough to prove that every row in it is there and unchanged. */
export interface Resource {
  readonly name: string;
  readonly path: string;
  readonly type: "table";
  readonly format: "csv";
  readonly mediatype: "text/csv";
  readonly encoding: "utf-8";
  readonly compression: "gz";
  readonly bytes: number;
  readonly hash: Sha256;
  readonly dialect: typeof dialect;
  readonly schema: {
    readonly fields: readonly Field[];
    readonly missingValues: readonly ["\\N"];
    readonly primaryKey?: readonly string[];
  };
  readonly _role: FileRole;
  readonly _rowCount: number;
  readonly _contentHash: Sha256;
  readonly _longestRecordBytes: number;
  readonly _keyRange?: { readonly first: readonly (string | null)[]; readonly last: readonly (string | null)[] };
}

/** A manifest that was read: where it lies in the run, and what it promised then. */
export interface Input {
  readonly path: string;
  readonly outputHash: Sha256;
}

/** 0 or 1 as the exit code, and why: a stage that said no says no again when it is skipped. */
export interface Verdict {
  readonly code: 0 | 1;
  readonly reasons: readonly string[];
}

/** What a stage states about itself; `subject` is the extract's or table's name. */
export interface Statement {
  readonly stage: Stage;
  readonly subject: string;
  readonly migration: string;
  readonly fingerprint: Sha256;
  readonly inputs: readonly Input[];
  readonly snapshots: readonly Json[];
  readonly counts: Readonly<Record<string, number>>;
  readonly checksum: Checksum | null;
  readonly verdict: Verdict;
  readonly tool: Readonly<Record<string, string>>;
  /** What only this stage knows: rules and their counts, key columns, generation. */
  readonly details: Readonly<Record<string, Json>>;
}

export interface Manifest {
  readonly $schema: string;
  readonly name: string;
  readonly resources: readonly Resource[];
  readonly _waybill: Statement & {
    readonly format: typeof manifestFormat;
    readonly outputHash: Sha256;
    readonly digest: string;
  };
}

/** Settles a manifest: adds the hash of the output and the digest over everything else. */
export function buildManifest(resources: readonly Resource[], statement: Statement): Manifest {
  const undigested = {
    $schema: "https://datapackage.org/profiles/2.0/datapackage.json",
    name: `${statement.stage}-${statement.subject}`,
    resources,
    _waybill: { ...statement, format: manifestFormat, outputHash: outputHash(resources, statement), digest: "" },
  };
  return { ...undigested, _waybill: { ...undigested._waybill, digest: digestOf(undigested) } };
}

/** The manifest as it stands on disk. */
export function manifestText(manifest: Manifest): string {
  return `${canonicalJson(manifest as unknown as Json, 2)}\n`;
}

/** The digest a manifest must carry: SHA-256 of its canonical JSON with the field `digest` empty. */
export function digestOf(manifest: Manifest): Sha256 {
  return hashOf({ ...manifest, _waybill: { ...manifest._waybill, digest: "" } } as unknown as Json);
}

/** The resources of one role, in the order of their names. */
export function filesOf(manifest: Manifest, role: FileRole): readonly Resource[] {
  return manifest.resources.filter((resource) => resource._role === role);
}

// Snapshot, rates and hosts stay out: re-extracting identical data makes nothing stale.
function outputHash(resources: readonly Resource[], statement: Statement): Sha256 {
  const files = resources.map(({ path, schema, _contentHash, _rowCount, _role }) => ({
    path,
    role: _role,
    rowCount: _rowCount,
    contentHash: _contentHash,
    schema: schema as unknown as Json,
  }));
  return hashOf({ counts: statement.counts, files, verdict: statement.verdict.code });
}
