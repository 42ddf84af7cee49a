import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fillDocument } from "./docs-blocks.js";
import { codeBlocks, documents } from "./docs-parts.js";
import { runScript } from "./run-script.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

await runScript(async () => {
  const blocks = await codeBlocks(root);
  for (const document of documents) {
    const text = await readFile(`${root}${document}`, "utf8");
    const filled = fillDocument(text, blocks);
    if (filled === text) continue;
    await writeFile(`${root}${document}`, filled);
    process.stderr.write(`${document} was out of date\n`);
  }
  return 0;
});
