import {
  BLOB,
  type DuckDBBlobValue,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBScalarFunction,
  VARCHAR,
} from "@duckdb/node-api";
import type { FunctionInputs, NodeFunction } from "../mapping/compiled.js";
import { identifier, join, sql } from "../mapping/sql.js";

/** Answers one function remembers: legacy columns repeat themselves, and a call costs a hundred times a look-up. */
const rememberedAnswers = 100_000;

/** Characters of values and answers it holds at most: a column of JSON documents seldom repeats itself, and is large. */
const rememberedCharacters = 8_000_000;

/** Makes a function of JavaScript callable from SQL. DuckDB hands over its rows in chunks and waits for the answers. */
export async function registerFunction(
  connection: DuckDBConnection,
  fn: NodeFunction,
  inputs: FunctionInputs,
): Promise<void> {
  const answer = remembering(await fn.load(inputs));
  const ofBytes = `${fn.name}.bytes`;
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: ofBytes,
      returnType: VARCHAR,
      parameterTypes: Array.from({ length: fn.parameters }, () => BLOB),
      mainFunction: (_, chunk, output) => {
        for (let row = 0; row < chunk.rowCount; row += 1)
          output.setItem(row, answer(valuesOf(chunk, fn.parameters, row)));
        output.flush();
      },
    }),
  );
  // As text, a value that begins with U+FEFF would arrive without it: the package decodes as if it were a file's mark.
  const names = Array.from({ length: fn.parameters }, (_, index) => identifier(`value${index}`));
  const bytes = names.map((name) => sql`encode(CAST(${name} AS VARCHAR))`);
  await connection.run(
    sql`CREATE OR REPLACE MACRO ${identifier(fn.name)}(${join(names, ", ")}) AS ${identifier(ofBytes)}(${join(bytes, ", ")})`,
  );
}

// DuckDB calls a function for a NULL only where it does not know beforehand that there is one.
function valuesOf(chunk: DuckDBDataChunk, parameters: number, row: number): readonly (string | null)[] {
  return Array.from({ length: parameters }, (_, index) => {
    const value = chunk.getColumnVector(index).getItem(row);
    if (value === null) return null;
    const { buffer, byteOffset, byteLength } = (value as DuckDBBlobValue).bytes;
    return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
  });
}

type Call = Awaited<ReturnType<NodeFunction["load"]>>;

function remembering(call: Call): (values: readonly (string | null)[]) => string | null {
  const answers = new Map<string, string | null>();
  let held = 0;
  return (values) => {
    if (!values.every((value) => value !== null)) return null;
    const key = values.length === 1 ? String(values[0]) : JSON.stringify(values);
    const known = answers.get(key);
    if (known !== undefined || answers.has(key)) return known ?? null;
    const answer = call(values);
    const characters = key.length + (answer?.length ?? 0);
    if (answers.size === rememberedAnswers || held + characters > rememberedCharacters) {
      answers.clear();
      held = 0;
    }
    held += characters;
    answers.set(key, answer);
    return answer;
  };
}
