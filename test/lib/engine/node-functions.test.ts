import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, it } from "vitest";
import { registerFunction } from "../../../lib/engine/node-functions.js";

const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const [first, second] = [await instance.connect(), await instance.connect()];
afterAll(() => {
  first.closeSync();
  second.closeSync();
  instance.closeSync();
});

const inputs = { secret: () => "", file: () => ({ path: "", content: Buffer.from("") }) };

it("a function is asked once for each distinct value, from every connection, and never for NULL", async () => {
  const asked: string[] = [];
  const call = ([value = ""]: readonly string[]) => {
    asked.push(value);
    return value === "" ? null : `<${value}>`;
  };
  await registerFunction(first, { name: "~mark", parameters: 1, load: async () => call }, inputs);

  const values = "(VALUES ('a'), ('b|é'), (NULL), ('a'), ('')) AS t(x)";
  const one = await first.runAndReadAll(`SELECT "~mark"(x) FROM ${values}`);
  const other = await second.runAndReadAll(`SELECT count("~mark"('v' || i % 10)) FROM range(10000) AS t(i)`);

  expect(one.getRows().flat()).toEqual(["<a>", "<b|é>", null, "<a>", null]);
  expect(other.getRows().flat()).toEqual([10_000n]);
  expect(asked.toSorted()).toEqual(
    ["", "a", "b|é", ..."0123456789"].map((one) => (/^\d$/.test(one) ? `v${one}` : one)),
  );
});

it("a function of several values is asked for each combination, and for none that holds NULL", async () => {
  const asked: string[] = [];
  const call = (values: readonly string[]) => {
    asked.push(values.join("+"));
    return values.join("-");
  };
  await registerFunction(first, { name: "~join", parameters: 2, load: async () => call }, inputs);

  const found = await first.runAndReadAll(
    `SELECT "~join"(x, y) FROM (VALUES ('a', 'b'), ('a', NULL), (NULL, NULL), ('a', 'b'), ('ab', '')) AS t(x, y)`,
  );

  expect(found.getRows().flat()).toEqual(["a-b", null, null, "a-b", "ab-"]);
  expect(asked).toEqual(["a+b", "ab+"]);
});

it("a function that throws fails the statement, and the engine goes on", async () => {
  const call = () => {
    throw new Error("no such word");
  };
  await registerFunction(first, { name: "~fails", parameters: 1, load: async () => call }, inputs);

  await expect(first.runAndReadAll(`SELECT "~fails"('a')`)).rejects.toThrow("no such word");
  expect((await first.runAndReadAll("SELECT 1")).getRows()).toEqual([[1]]);
});

it.each(["\ufeffa", "\ufeff\ufeff a text of more than twelve bytes", "\ufeff", "", "a\0b", "😀e\u0301"])(
  "a function gets %j whole, and gives it back whole",
  async (text) => {
    const call = ([value = ""]: readonly string[]) => value;
    await registerFunction(first, { name: "~bare", parameters: 1, load: async () => call }, inputs);

    const codes = [...text].map((character) => `chr(${character.codePointAt(0)})`).join(" || ") || "''";
    const found = await first.runAndReadAll(`SELECT "~bare"(x) = x FROM (SELECT ${codes} AS x)`);

    expect(found.getRows()).toEqual([[true]]);
  },
);

it("a function forgets what it was asked before that takes much memory", async () => {
  let asked = 0;
  const call = () => {
    asked += 1;
    return "";
  };
  await registerFunction(first, { name: "~large", parameters: 1, load: async () => call }, inputs);

  for (const letter of ["a", "a", "b", "a"]) await first.run(`SELECT "~large"(repeat('${letter}', 5000000))`);

  expect(asked).toBe(3);
});
