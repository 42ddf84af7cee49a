import { fileURLToPath } from "node:url";
import { expect, inject, it, onTestFinished } from "vitest";
import { torture } from "../../scripts/torment/kill-and-compare.js";
import { seededRandom } from "../../scripts/torment/kills.js";
import { clearPlace, preparePlace } from "../../scripts/torment/scenarios.js";
import { temporaryFolder } from "../support/work.js";

const waybill = fileURLToPath(new URL("../../dist/stages/waybill.js", import.meta.url));

it("load and rollback in every mode, killed ten times, end as if nobody had killed them", {
  timeout: 900_000,
}, async () => {
  const seed = Number(process.env.WAYBILL_TORTURE_SEED ?? Date.now() % 1_000_000);
  const server = inject("postgresUrl");
  const place = await preparePlace({ server, folder: await temporaryFolder(), waybill, rows: 1_000 });
  onTestFinished(() => clearPlace(place));

  const kills = [];
  for await (const kill of torture(place, { kills: 10, random: seededRandom(seed) })) kills.push(kill);

  // A failure is reproduced by scripts/torture --kills 10 --rows 1000 --seed <seed>.
  expect({ seed, faulty: kills.filter(({ faults }) => faults.length > 0) }).toEqual({ seed, faulty: [] });
  expect(kills.filter(({ hit }) => hit).length).toBeGreaterThan(4);
});
