import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fillDocument } from "./docs-blocks.js";
import { codeBlocks, documents } from "./docs-parts.js";
import { publishedSchemas } from "./published-schemas.js";
import { runScript } from "./run-script.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

await runScript(async () => {
  const blocks = await codeBlocks(root);
  for (const document of documents) {
    const text = await readFile(`${root}${document}`, "utf8");
    await renew(document, text, fillDocument(text, blocks));
  }
  for (const [path, text] of publishedSchemas(await readFile(`${root}FORMATS.md`, "utf8"))) {
    await renew(path, await readFile(`${root}${path}`, "utf8").catch(() => ""), text);
  }
  return 0;
});

async function renew(path: string, old: string, text: string): Promise<void> {
  if (text === old) return;
  await writeFile(`${root}${path}`, text);
  process.stderr.write(`${path} was out of date\n`);
}
