import { StageError } from "../model/errors.js";

/** One of an option's words, or undefined when it was not given; a usage error naming the words for any other. */
export function oneOf<Word extends string>(
  name: string,
  words: readonly Word[],
  value: string | undefined,
): Word | undefined {
  const word = words.find((one) => one === value);
  if (word !== undefined || value === undefined) return word;
  throw new StageError(
    "usage",
    `--${name} takes ${words.join(", ")}, not "${value}"`,
    `for example: --${name} ${words[0]}`,
  );
}

/** A whole number from 0 on, or a usage error naming the option. */
export function wholeNumber(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new StageError("usage", `--${name} takes a whole number, not "${value}"`, `for example: --${name} 0`);
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time in milliseconds, written `500ms`, `60s`, `5m`, `1h` or `0`; undefined when it was not given. */
export function durationMs(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const [, number, unit] = /^(\d{1,6})(ms|s|m|h)$/.exec(value) ?? (value === "0" ? ["", "0", "s"] : []);
  if (number !== undefined && unit !== undefined) return Number(number) * (units[unit] ?? 0);
  throw new StageError(
    "usage",
    `--${name} takes a time such as 500ms, 60s or 5m, not "${value}"`,
    `for example: --${name} 60s`,
  );
}
