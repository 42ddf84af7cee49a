import { type ProgramResult, runProgram } from "../../support/program.js";

/** A row's story as `--json` prints it: whatever a test asks of it. */
// biome-ignore lint/suspicious/noExplicitAny: the document is what is tested.
export type Story = any;

/** What trace said, and the stories it told. */
export interface Traced extends ProgramResult {
  readonly rows: readonly Story[];
  readonly document: Story;
}

/** Runs `waybill trace TABLE --key KEY --json` with more words behind. */
export async function traced(table: string, key: string, ...words: readonly string[]): Promise<Traced> {
  const result = await runProgram("trace", [table, "--key", key, "--json", ...words]);
  const document = result.stdout === "" ? undefined : JSON.parse(result.stdout);
  return { ...result, document, rows: document?.rows ?? [] };
}
