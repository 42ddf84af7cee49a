#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseTraceOptions } from "./options.js";
import { trace } from "./trace.js";

await runProgram({ name: "trace", parse: parseTraceOptions, run: trace });
