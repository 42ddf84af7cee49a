import { StageError } from "./errors.js";
import { canonicalJson } from "./hash.js";
import { digestOf, type Manifest, manifestFormat } from "./manifest.js";

/**
 * Reads the text of a manifest and trusts nothing in it: the digest must match, the format's version must be known and
 * every resource path must be a plain file name beside the manifest. `path` names the file in errors.
 */
export function parseManifest(text: string, path: string): Manifest {
  const manifest = parseJson(text, path);
  if (!hasStatement(manifest)) throw damaged(path, "it is not a Waybill manifest");
  const { format } = manifest._waybill;
  if (canonicalJson({ ...format }) !== canonicalJson(manifestFormat)) {
    throw damaged(path, `its format is ${nameOf(format)}, this program reads ${nameOf(manifestFormat)}`);
  }
  if (digestOf(manifest) !== manifest._waybill.digest) throw damaged(path, "its digest does not match its content");
  for (const resource of manifest.resources) assertPlainName(resource.path, path);
  return manifest;
}

function nameOf(format: Partial<typeof manifestFormat> | undefined): string {
  return `${format?.name} ${format?.version} with dialect ${format?.dialect}`;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, "it is not JSON");
  }
}

// The digest vouches for everything else: whoever wrote a matching digest wrote the fields as this program does.
function hasStatement(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { _waybill: statement, resources } = value as Partial<Manifest>;
  return typeof statement === "object" && statement !== null && Array.isArray(resources);
}

function assertPlainName(name: unknown, path: string): void {
  if (typeof name === "string" && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return;
  throw damaged(path, "it names a file that does not lie beside it");
}

function damaged(path: string, reason: string): StageError {
  return new StageError(
    "integrity",
    `${path}: ${reason}`,
    "somebody changed it, or the disk did: run the stage that wrote it again with --force",
  );
}
