import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

// It is a window onto one file: whatever a browser does for its owner beside that stays off.
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The system's Chromium, without a window and with an empty profile of its own; fails where there is none. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: findChromium(), headless: true, args: flags });
}

function findChromium(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
  if (found !== undefined) return found;
  throw new Error(
    `the report is tested in a real browser, and none of ${names.join(", ")} is in PATH: ` +
      "install one (./scripts/install-clients does where it may; on Debian: apt-get install chromium)",
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
