#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { check } from "./check.js";
import { parseCheckOptions } from "./options.js";

await runProgram({ name: "check", parse: parseCheckOptions, run: check });
