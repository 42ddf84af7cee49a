import { pathToFileURL } from "node:url";
import { StepFault } from "./step-fault.js";

/** A step as it was transpiled: where the file lies, and its text. */
export interface StepModule {
  readonly path: string;
  readonly code: string;
}

/** The function `step` of a module. */
export async function loadStep({ path }: StepModule): Promise<(given: unknown) => unknown> {
  const { step }: { readonly step?: unknown } = await import(pathToFileURL(path).href);
  if (typeof step !== "function") throw new StepFault("exports a `step` that is no function");
  return (given) => step(given);
}
