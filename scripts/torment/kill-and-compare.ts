import { isDeepStrictEqual } from "node:util";
import { type Moment, momentText, randomMoment, type Undisturbed } from "./kills.js";
import { goBack, type Place, prepareScenario, type Scenario, scenarios, start, stateNow } from "./scenarios.js";
import type { PassingStatement } from "./statement-proxy.js";

/** One kill and what came of it; `faults` is empty where the same command ended where an undisturbed run ends. */
export interface Kill {
  readonly number: number;
  readonly scenario: string;
  readonly moment: string;
  /** Whether the program was still there to be killed. */
  readonly hit: boolean;
  readonly faults: readonly string[];
}

/**
 * Kills each scenario's command again and again, `kills` times in all, runs the same command once more each time, and
 * holds what there is then against what an undisturbed run leaves.
 */
export async function* torture(
  place: Place,
  { kills, random }: { readonly kills: number; readonly random: () => number },
): AsyncGenerator<Kill> {
  let number = 0;
  for (const [index, scenario] of scenarios.entries()) {
    await prepareScenario(place, index);
    const { undisturbed, state } = await runUndisturbed(place, scenario);
    const last = Math.round((kills * (index + 1)) / scenarios.length);
    while (number < last) {
      number += 1;
      const moment = randomMoment(random, undisturbed);
      await goBack(place, index);
      const hit = await runKilled(place, scenario, { moment, undisturbed });
      const faults = await runAgain(place, scenario, state);
      yield { number, scenario: scenario.name, moment: momentText(moment), hit, faults };
    }
  }
}

async function runUndisturbed(place: Place, { args }: Scenario) {
  const statements: PassingStatement[] = [];
  place.proxy.listen(
    (statement) => {
      statements.push(statement);
      return "pass";
    },
    () => undefined,
  );
  const startedMs = performance.now();
  const { code, said } = await start(place, args).ended;
  const wholeMs = performance.now() - startedMs;
  if (code !== 0) throw new Error(`waybill ${args.join(" ")} ended with ${code}, undisturbed: ${said}`);
  return { undisturbed: { statements, wholeMs }, state: await stateNow(place) };
}

async function runKilled(
  place: Place,
  { args }: Scenario,
  { moment, undisturbed }: { readonly moment: Moment; readonly undisturbed: Undisturbed },
): Promise<boolean> {
  const { kill, ended } = start(place, args);
  const isMoment = ({ number }: PassingStatement) => moment.at === "statement" && number === moment.number;
  place.proxy.listen((statement) => (moment.at === "statement" && isMoment(statement) ? moment.fate : "pass"), kill);
  const timer = moment.at === "time" ? setTimeout(kill, moment.share * undisturbed.wholeMs) : undefined;
  const { code } = await ended;
  clearTimeout(timer);
  return code === null;
}

async function runAgain(
  place: Place,
  { args }: Scenario,
  expected: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  place.proxy.listen(
    () => "pass",
    () => undefined,
  );
  const { code, said } = await start(place, args).ended;
  if (code !== 0) return [`the same command ended with ${code}: ${said.trim()}`];
  const state = await stateNow(place);
  const names = [...new Set([...Object.keys(expected), ...Object.keys(state)])];
  return names
    .filter((name) => !isDeepStrictEqual(state[name], expected[name]))
    .map((name) => `${name}: ${difference(expected[name], state[name])}`);
}

// Only what differs, or nobody reads it.
function difference(expected: unknown, found: unknown): string {
  const [wanted, got] = [linesOf(expected), linesOf(found)];
  const missing = wanted.filter((line) => !got.includes(line)).map((line) => `expected ${line}`);
  const surplus = got.filter((line) => !wanted.includes(line)).map((line) => `found ${line}`);
  return [...missing, ...surplus].join("; ");
}

function linesOf(state: unknown): readonly string[] {
  if (Array.isArray(state)) return state.map((one) => JSON.stringify(one));
  return Object.entries(state ?? {}).map((entry) => JSON.stringify(entry));
}
