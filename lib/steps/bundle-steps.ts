import type { Message, Plugin } from "esbuild";
import type { SpecificationFile, Step, Table } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";
import { resolveImport, type StepSources, sourceOf } from "./step-sources.js";

/**
 * Transpiles the steps of a table to JavaScript, each with all it imports in one text. Files are those of the
 * specification as it was read, never those on disk: later edits change nothing. Types are erased, not checked.
 * Throws "specification" (78) with file and line.
 */
export async function bundleSteps(table: Table, files: readonly SpecificationFile[]): Promise<readonly string[]> {
  if (table.steps.length === 0) return [];
  const { build, stop } = await import("esbuild");
  try {
    const sources: StepSources = new Map(files.map(({ path, content }) => [path, content]));
    return await Promise.all(table.steps.map((step) => bundle(build, step, sources)));
  } finally {
    await stop();
  }
}

async function bundle(build: typeof import("esbuild").build, step: Step, sources: StepSources): Promise<string> {
  const result = await build({
    entryPoints: [step.file],
    bundle: true,
    write: false,
    metafile: true,
    outfile: "step.js",
    format: "esm",
    platform: "node",
    target: "node20",
    charset: "utf8",
    sourcemap: "inline",
    sourcesContent: false,
    legalComments: "none",
    logLevel: "silent",
    // No file of the machine decides what a step becomes.
    tsconfigRaw: "{}",
    plugins: [fromSpecification(step, sources)],
  }).catch((error: { readonly errors?: readonly Message[] }) => {
    throw error.errors === undefined ? error : wrongStep(step, error.errors);
  });
  const exported = Object.values(result.metafile.outputs)[0]?.exports ?? [];
  if (exported.includes("step")) return result.outputFiles[0]?.text ?? "";
  throw new StageError(
    "specification",
    `${step.file} exports no \`step\``,
    `write in it: export const step: ${step.kind === "row" ? "RowStep = (row) => ({ … })" : "FrameStep = (frame) => …"}`,
  );
}

function fromSpecification(step: Step, sources: StepSources): Plugin {
  return {
    name: "specification",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, importer, kind }) =>
        kind === "entry-point" ? { path, namespace: "step" } : resolveImport({ path, importer, step, sources }),
      );
      onLoad({ filter: /.*/, namespace: "step" }, ({ path }) => sourceOf(path, sources));
      onLoad({ filter: /.*/, namespace: "waybill" }, ({ path }) => sourceOf(path, sources));
    },
  };
}

const shownErrors = 5;

function wrongStep({ rule }: Step, errors: readonly Message[]): StageError {
  const lines = errors.slice(0, shownErrors).map(({ text, location }) => {
    const file = location?.file.replace(/^step:/, "");
    return location === null || location === undefined ? `${rule}: ${text}` : `${file}:${location.line}: ${text}`;
  });
  if (errors.length > shownErrors) lines.push(`and ${errors.length - shownErrors} more`);
  return new StageError("specification", lines.join("\n"), "mend the step's file and run the same command again");
}
