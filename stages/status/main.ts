#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseStatusOptions } from "./options.js";
import { status } from "./status.js";

await runProgram({ name: "status", parse: parseStatusOptions, run: status });
