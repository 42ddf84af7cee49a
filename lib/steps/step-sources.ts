import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { Loader, OnLoadResult, OnResolveResult } from "esbuild";
import { stepsFolder } from "../mapping/check-steps.js";
import type { Step } from "../mapping/migration.js";
import { didYouMean } from "../model/nearest.js";

/** The files of the specification by their path. */
export type StepSources = ReadonlyMap<string, Buffer>;

export interface ImportRequest {
  readonly path: string;
  readonly importer: string;
  readonly step: Step;
  readonly sources: StepSources;
}

/** Where frame steps find danfojs: the thread puts it there before it loads the step. */
export const danfoSymbol = "waybill.danfo";

const loaders: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".js": "js",
  ".mjs": "js",
  ".json": "json",
};

/**
 * What a step may import: files below steps/, Node's own modules, "waybill/steps", and danfojs-node in a frame step.
 * Other packages are refused: the copy of the specification that an auditor reads would not hold what ran.
 */
export function resolveImport({ path, importer, step, sources }: ImportRequest): OnResolveResult {
  if (path.startsWith("node:") && isBuiltin(path)) return { path, external: true };
  if (path === "waybill/steps") return { path, namespace: "waybill" };
  if (path === "danfojs-node" && step.kind === "frame") return { path, namespace: "waybill" };
  if (path.startsWith("./") || path.startsWith("../")) return relative(path, importer, sources);
  if (isBuiltin(path)) return complaint(`write "node:${path}" for Node's own module`);
  return complaint(
    `package ${JSON.stringify(path)}: a step imports files below ${stepsFolder}, node: modules and "waybill/steps"${
      path === "danfojs-node" ? " (danfojs-node in a frame step only)" : ""
    }; copy what you need into ${stepsFolder}`,
  );
}

function relative(path: string, importer: string, sources: StepSources): OnResolveResult {
  const wanted = posix.normalize(posix.join(posix.dirname(importer), path));
  // As TypeScript has it: x.js may be written for x.ts, and nothing for either.
  const found = [wanted, wanted.replace(/\.(m?)js$/, ".$1ts"), `${wanted}.ts`, `${wanted}.js`].find((one) =>
    sources.has(one),
  );
  if (found?.startsWith(stepsFolder)) return { path: found, namespace: "step" };
  if (found !== undefined) return complaint(`${found} lies outside of ${stepsFolder}: move it there`);
  const known = [...sources.keys()].filter((one) => one.startsWith(stepsFolder));
  return complaint(`${wanted} is not there${didYouMean(wanted, known)}`);
}

function complaint(text: string): OnResolveResult {
  return { errors: [{ text }] };
}

/** The text of a file of the specification, or of what Waybill itself gives to steps. */
export function sourceOf(path: string, sources: StepSources): OnLoadResult {
  if (path === "danfojs-node")
    return { contents: `module.exports = globalThis[Symbol.for("${danfoSymbol}")];`, loader: "js" };
  if (path === "waybill/steps")
    return {
      contents: `export const reject = (reason) => ({ [Symbol.for("waybill.rejection")]: reason });`,
      loader: "js",
    };
  const loader = loaders[posix.extname(path)];
  const content = sources.get(path);
  if (loader !== undefined && content !== undefined) return { contents: content, loader };
  return { errors: [{ text: `${path}: a step is TypeScript or JavaScript, and may import JSON` }] };
}
