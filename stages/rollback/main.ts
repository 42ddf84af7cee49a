#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseRollbackOptions } from "./options.js";
import { rollback } from "./rollback.js";

await runProgram({ name: "rollback", parse: parseRollbackOptions, run: rollback });
