import { expect, it } from "vitest";
import { exitCodeMeanings, exitCodes } from "../../../lib/model/errors.js";

it("explains every exit code in the table that --help prints", () => {
  const explained = exitCodeMeanings.map(([code]) => code);

  expect(explained).toEqual([...new Set(explained)].sort((a, b) => a - b));
  expect(explained).toEqual(expect.arrayContaining([0, ...Object.values(exitCodes), 130]));
});
