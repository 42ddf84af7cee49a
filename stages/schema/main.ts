#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseSchemaOptions } from "./options.js";
import { schema } from "./schema.js";

await runProgram({ name: "schema", parse: parseSchemaOptions, run: schema });
