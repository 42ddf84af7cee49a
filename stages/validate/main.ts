#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseValidateOptions } from "./options.js";
import { validate } from "./validate.js";

await runProgram({ name: "validate", parse: parseValidateOptions, run: validate });
