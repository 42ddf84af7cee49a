#!/usr/bin/env node
import { runProgram } from "../../lib/program/run-program.js";
import { parseReportOptions } from "./options.js";
import { report } from "./report.js";

await runProgram({ name: "report", parse: parseReportOptions, run: report });
