import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { StageError } from "../lib/model/errors.js";
import { startPostgres, testSettings } from "./embedded-postgres-server.js";
import { runScript } from "./run-script.js";
import { type Kill, torture } from "./torment/kill-and-compare.js";
import { seededRandom } from "./torment/kills.js";
import { clearPlace, type Place, preparePlace } from "./torment/scenarios.js";

const usage = "usage: scripts/torture [--kills N] [--rows N] [--seed N]";
const waybill = fileURLToPath(new URL("../stages/waybill.js", import.meta.url));

await runScript(async () => {
  const { kills, rows, seed } = parseOptions(process.argv.slice(2));
  process.stdout.write(`${kills} kills, ${rows} rows a table, --seed ${seed}\n`);
  const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));
  const server = await startPostgres({ settings: testSettings });
  try {
    const place = await preparePlace({ server: server.url("postgres"), folder, waybill, rows });
    return await report(place, { kills, seed }).finally(() => clearPlace(place));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

function parseOptions(args: readonly string[]) {
  const options = {
    kills: { type: "string", default: "50" },
    rows: { type: "string", default: "2000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  } as const;
  try {
    const { kills, rows, seed } = parseArgs({ args: [...args], options }).values;
    if ([kills, rows, seed].every((one) => /^\d{1,9}$/.test(one)))
      return { kills: Number(kills), rows: Number(rows), seed: Number(seed) };
  } catch {
    // said below
  }
  throw new StageError("usage", `${args.join(" ")}: not understood`, usage);
}

async function report(
  place: Place,
  { kills, seed }: { readonly kills: number; readonly seed: number },
): Promise<number> {
  const all: Kill[] = [];
  for await (const kill of torture(place, { kills, random: seededRandom(seed) })) {
    all.push(kill);
    const { number, scenario, moment, hit, faults } = kill;
    process.stdout.write(`${number} ${scenario}, ${moment}${hit ? "" : " (it had ended)"}: ${outcomeOf(faults)}\n`);
  }
  const faulty = all.filter(({ faults }) => faults.length > 0);
  const hits = all.filter(({ hit }) => hit);
  process.stdout.write(`${hits.length} of ${all.length} killed, ${faulty.length} not as an undisturbed run\n`);
  return faulty.length === 0 ? 0 : 1;
}

function outcomeOf(faults: readonly string[]): string {
  return faults.length === 0 ? "as undisturbed" : `NOT as undisturbed\n  ${faults.join("\n  ")}`;
}
