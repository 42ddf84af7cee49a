import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendLog, type LogEvent, readLog } from "../../../lib/files/log-file.js";
import { temporaryFolder } from "../../support/work.js";

async function eventsIn(folder: string): Promise<readonly (LogEvent | undefined)[]> {
  const events: (LogEvent | undefined)[] = [];
  for await (const event of readLog(folder)) events.push(event);
  return events;
}

it("gives back the events that were written, in their order", async () => {
  const folder = await temporaryFolder();
  const events = [
    { event: "extracted", text: "a\nb\u2028c" },
    { event: "failed", code: 69 },
  ];
  for (const event of events) appendLog(folder, event);

  expect(await eventsIn(folder)).toEqual(events);
});

it("has no events where there is no log, and undefined for lines that are none", async () => {
  const folder = await temporaryFolder();
  expect(await eventsIn(folder)).toEqual([]);

  await appendFile(join(folder, "log.jsonl"), `{"event":"a"}\nnull\n[1]\n{"event":\n\n{"event":"b"}`);

  expect(await eventsIn(folder)).toEqual([{ event: "a" }, undefined, undefined, undefined, { event: "b" }]);
});
