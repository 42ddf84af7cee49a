#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseRunOptions } from "./options.js";
import { run } from "./run.js";

await runProgram({ name: "run", parse: parseRunOptions, run });
