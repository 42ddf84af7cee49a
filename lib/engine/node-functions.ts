import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import type { FunctionInputs, NodeFunction } from "../mapping/migration.js";

/** Answers one function remembers: legacy columns repeat themselves, and a call costs a hundred times a look-up. */
const rememberedAnswers = 100_000;

/** Makes a function of JavaScript callable from SQL. DuckDB hands over its rows in chunks and waits for the answers. */
export async function registerFunction(
  connection: DuckDBConnection,
  fn: NodeFunction,
  inputs: FunctionInputs,
): Promise<void> {
  const { DuckDBScalarFunction, VARCHAR } = await import("@duckdb/node-api");
  const answer = remembering(await fn.load(inputs));
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: fn.name,
      returnType: VARCHAR,
      parameterTypes: Array.from({ length: fn.parameters }, () => VARCHAR),
      mainFunction: (_, chunk, output) => {
        for (let row = 0; row < chunk.rowCount; row += 1)
          output.setItem(row, answer(valuesOf(chunk, fn.parameters, row)));
        output.flush();
      },
    }),
  );
}

// DuckDB calls a function for a NULL only where it does not know beforehand that there is one.
function valuesOf(chunk: DuckDBDataChunk, parameters: number, row: number): readonly (string | null)[] {
  return Array.from({ length: parameters }, (_, index) => {
    const value = chunk.getColumnVector(index).getItem(row);
    return value === null ? null : String(value);
  });
}

type Call = Awaited<ReturnType<NodeFunction["load"]>>;

function remembering(call: Call): (values: readonly (string | null)[]) => string | null {
  const answers = new Map<string, string | null>();
  return (values) => {
    if (!values.every((value) => value !== null)) return null;
    const key = values.length === 1 ? String(values[0]) : JSON.stringify(values);
    const known = answers.get(key);
    if (known !== undefined || answers.has(key)) return known ?? null;
    if (answers.size === rememberedAnswers) answers.clear();
    const answer = call(values);
    answers.set(key, answer);
    return answer;
  };
}
