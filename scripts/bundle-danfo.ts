import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { runScript } from "./run-script.js";

// danfojs-node asks for a native build of TensorFlow and for a package that npm's registry does not hold. npm overrides
// replace both, but for us alone: people who install Waybill get danfojs-node with all it needs as one file in dist.

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = `${root}dist/vendor/danfo.cjs`;

/** What danfojs uses to read files, fetch URLs and draw: no step needs it, so none of it comes along. */
const leftOut = /^(?:request|node-fetch|papaparse|plotly\.js-dist-min|stream-json(?:\/.*)?|xlsx)$/;

const withoutReaders: Plugin = {
  name: "without readers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: leftOut }, ({ path }) => ({ path, namespace: "left-out" }));
    onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "module.exports = {};" }));
  },
};

await runScript(async () => {
  const { version } = JSON.parse(await readFile(`${root}node_modules/danfojs-node/package.json`, "utf8"));
  const banner = `/* danfojs-node ${version}, licences in danfo.cjs.LEGAL.txt */`;
  const standing = await readFile(target, "utf8").catch(() => "");
  if (standing.startsWith(banner)) return 0;
  const { build } = await import("esbuild");
  await build({
    entryPoints: ["danfojs-node"],
    absWorkingDir: root,
    outfile: target,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    legalComments: "external",
    banner: { js: banner },
    plugins: [withoutReaders],
    logLevel: "error",
  });
  return 0;
});
