import { expect, it } from "vitest";
import { type Retry, retrying } from "../../../lib/databases/retry.js";
import { StageError } from "../../../lib/model/errors.js";

/** A clock that stands still but for what is paused and what a try takes. */
function tried(budgetMs: number, outcomes: readonly (Error | string)[], eachMs = 0) {
  let timeMs = 5_000;
  const retries: Retry[] = [];
  const result = retrying(
    "load people",
    {
      clock: {
        nowMs: () => timeMs,
        pause: async (ms) => {
          timeMs += ms;
        },
      },
      budgetMs,
      passes: (error) => error instanceof Error && error.message.startsWith("passing"),
      onRetry: (retry) => retries.push(retry),
    },
    async (failures) => {
      timeMs += eachMs;
      const outcome = outcomes[Math.min(failures, outcomes.length - 1)];
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  );
  return { result, retries };
}

const passing = new Error("passing: a deadlock");

it("what fails and passes is tried again, each time after a longer pause", async () => {
  const { result, retries } = tried(60_000, [passing, passing, passing, "done"]);

  expect(await result).toBe("done");
  expect(retries.map(({ failures, pauseMs }) => [failures, pauseMs])).toEqual([
    [1, 100],
    [2, 200],
    [3, 400],
  ]);
});

it("what fails for good is thrown as it is, at once", async () => {
  const final = new Error("a check is violated");

  const { result, retries } = tried(60_000, [passing, final]);

  await expect(result).rejects.toBe(final);
  expect(retries).toHaveLength(1);
});

it("when the budget is used up it says what was tried, how often and for how long, and passes no more", async () => {
  const { result } = tried(1_000, [passing]);

  const error = await result.catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(StageError);
  expect(error).toMatchObject({
    kind: "temporary",
    message: "load people: tried 4 times in 0.7 s, at last: passing: a deadlock",
    hint: expect.stringContaining("--retry-for"),
  });
  expect(error).not.toHaveProperty("cause");
});

it("a try that takes longer than the budget is made once more, since time counts from the first failure", async () => {
  const { result, retries } = tried(1_000, [passing, "done"], 3_600_000);

  expect(await result).toBe("done");
  expect(retries).toHaveLength(1);
});

it("no pause is longer than five seconds, and a budget of 0 tries nothing again", async () => {
  const { result, retries } = tried(60_000, [...Array<Error>(10).fill(passing), "done"]);

  expect(await result).toBe("done");
  expect(Math.max(...retries.map(({ pauseMs }) => pauseMs))).toBe(5_000);
  await expect(tried(0, [passing]).result).rejects.toBe(passing);
});
