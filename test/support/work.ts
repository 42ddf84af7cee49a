import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new, empty folder that is removed when the test that asked for it is over. */
export async function temporaryFolder(): Promise<string> {
  const { folder, remove } = await createFolder();
  onTestFinished(remove);
  return folder;
}

/** The same for `beforeAll` and the like, where no test is under way: call `remove` in the matching `afterAll`. */
export async function createFolder(): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-test-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
