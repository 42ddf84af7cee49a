#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { extract } from "./extract.js";
import { parseExtractOptions } from "./options.js";

await runProgram({ name: "extract", parse: parseExtractOptions, run: extract });
