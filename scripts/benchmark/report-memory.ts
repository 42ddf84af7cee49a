import { appendFileSync, readFileSync } from "node:fs";

// Loaded into each Node process that `peakMemory` measures: appends its peak in kB to BENCH_MEMORY_FILE when it ends.
process.on("exit", () => appendFileSync(process.env.BENCH_MEMORY_FILE ?? "/dev/null", `${peakKilobytes()}\n`));

// Linux's own high-water mark where there is one: getrusage also counts the process that started us.
function peakKilobytes(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
