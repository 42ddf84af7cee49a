/** What is wrong with what a step did: words for people, without any value of the data. */
export class StepFault extends Error {
  override readonly name = "StepFault";
}

/** Where a step failed, among the table's steps and at which of the rows it was given (undefined: at none of them). */
export interface Fault {
  readonly step: number;
  readonly row: number | undefined;
  readonly text: string;
}

const missingProperty = /^Cannot read properties of (?:null|undefined) \(reading '(\w+)'\)$/;

/**
 * What a step threw, in words. Its message may hold a value of the data, so it is told only where it stands in the
 * step's own code, or where V8 says what it missed; where it was thrown is always told.
 */
export function thrownText(error: unknown, code: string): string {
  if (error instanceof StepFault) return error.message;
  if (!(error instanceof Error)) return "threw something that is no Error";
  const name = /^[A-Z][A-Za-z]+$/.test(error.name) ? error.name : "Error";
  const at = /steps\/[^\s()]+?:\d+(?=:\d+)/.exec(error.stack ?? "")?.[0];
  const message = isFromCode(error.message, code) ? `: ${error.message}` : "";
  return `threw ${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}${message}${at === undefined ? "" : ` (${at})`}`;
}

function isFromCode(message: string, code: string): boolean {
  const property = missingProperty.exec(message)?.[1];
  if (property !== undefined) return code.includes(property);
  return message !== "" && code.includes(JSON.stringify(message).slice(1, -1));
}
