import type { Fate, PassingStatement } from "./statement-proxy.js";

/** When a program is killed: at a statement of its run, before it arrives or before it is answered; or at a time. */
export type Moment =
  | { readonly at: "statement"; readonly number: number; readonly fate: Exclude<Fate, "pass">; readonly text: string }
  | { readonly at: "time"; readonly share: number };

/** What an undisturbed run did. */
export interface Undisturbed {
  readonly statements: readonly PassingStatement[];
  readonly wholeMs: number;
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A moment of a run: half of them about a COMMIT, where what is done and what is known part; the others at any statement,
 * or at any time, so that what happens between statements and after the last one has its turn.
 */
export function randomMoment(random: () => number, { statements }: Undisturbed): Moment {
  const dice = random();
  if (dice < 0.2) return { at: "time", share: 0.3 + 0.75 * random() };
  const commits = statements.filter(({ text }) => /^commit/i.test(text));
  const among = dice < 0.6 && commits.length > 0 ? commits : statements;
  const chosen = among[Math.floor(random() * among.length)];
  if (chosen === undefined) return { at: "time", share: random() };
  return { at: "statement", ...chosen, fate: random() < 0.5 ? "lost" : "answer lost" };
}

/** A moment in words. */
export function momentText(moment: Moment): string {
  if (moment.at === "time") return `after ${Math.round(moment.share * 100)} % of the time`;
  const text = moment.text.replaceAll(/\s+/g, " ").trim().slice(0, 60);
  return `${moment.fate === "lost" ? "before" : "before the answer of"} statement ${moment.number}: ${text}`;
}
