#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseRejectsOptions } from "./options.js";
import { rejects } from "./rejects.js";

await runProgram({ name: "rejects", parse: parseRejectsOptions, run: rejects });
