import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { StepFault } from "./step-fault.js";

/**
 * Takes clock and chance out of this thread: whoever asks for them is told that a step must always make the same of the
 * same row. What cannot be taken (files, the network, what a step remembers) is left to the author.
 */
export function withoutClockAndChance(): void {
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, newTarget) =>
      given.length === 0 ? refuse("new Date()") : Reflect.construct(target, given, newTarget),
    apply: () => refuse("Date()"),
    get: (target, name) => (name === "now" ? () => refuse("Date.now()") : Reflect.get(target, name)),
  });
  replace(Math, "Math", ["random"]);
  replace(performance, "performance", ["now"]);
  replace(globalThis.crypto, "crypto", ["randomUUID", "getRandomValues"]);
  const dice = Object.keys(crypto).filter((name) => /^(?:pseudoR|r)andom/.test(name));
  replace(crypto, "crypto", dice);
  replace(process, "process", ["hrtime", "uptime", "kill"]);
  syncBuiltinESMExports();
}

// Defined, not assigned: some of them are getters.
function replace(owner: object, name: string, members: readonly string[]): void {
  for (const member of members)
    Object.defineProperty(owner, member, { value: () => refuse(`${name}.${member}()`), configurable: true });
}

function refuse(what: string): never {
  throw new StepFault(`asked for ${what}: a step must make the same of the same row every time`);
}
