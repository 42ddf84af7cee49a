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
