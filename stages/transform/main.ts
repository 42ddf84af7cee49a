#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseTransformOptions } from "./options.js";
import { transform } from "./transform.js";

await runProgram({ name: "transform", parse: parseTransformOptions, run: transform });
