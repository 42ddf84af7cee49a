#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { load } from "./load.js";
import { parseLoadOptions } from "./options.js";

await runProgram({ name: "load", parse: parseLoadOptions, run: load });
