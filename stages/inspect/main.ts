#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { inspect } from "./inspect.js";
import { parseInspectOptions } from "./options.js";

await runProgram({ name: "inspect", parse: parseInspectOptions, run: inspect });
