#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { explain } from "./explain.js";
import { parseExplainOptions } from "./options.js";

await runProgram({ name: "explain", parse: parseExplainOptions, run: explain });
