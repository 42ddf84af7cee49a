import { StageError } from "../lib/model/errors.js";

/** A name the code knows, and a first sentence about it for as long as nobody has written a better one. */
export interface Name {
  readonly name: string;
  readonly about: string;
}

/** What the code says in one place of a document: the whole text, or the names that a table or a tree must list. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "table" | "tree"; readonly names: readonly Name[] };

/** Between these marks the code speaks: `<!-- from the code: exit-codes -->` … `<!-- end -->`. */
const marked = /(<!-- from the code: ([a-z-]+) -->\n)([\s\S]*?)(<!-- end -->)/g;

/** A document in which every marked place says what the code says; what people wrote about a name is kept. */
export function fillDocument(document: string, blocks: ReadonlyMap<string, Block>): string {
  return document.replace(marked, (_, start: string, name: string, old: string, end: string) => {
    const block = blocks.get(name);
    if (block === undefined) throw new StageError("specification", `no part of the code fills the block ${name}`);
    return `${start}${filled(block, old)}${end}`;
  });
}

function filled(block: Block, old: string): string {
  switch (block.kind) {
    case "text":
      return `${block.text}\n`;
    case "table":
      return tableOf(block.names, old);
    case "tree":
      return treeOf(block.names, old);
    default:
      return block satisfies never;
  }
}

function tableOf(names: readonly Name[], old: string): string {
  const lines = old.split("\n").filter((line) => line.startsWith("|"));
  const known = new Map(lines.map((line) => [/^\| `([^`]+)`/.exec(line)?.[1], line]));
  const rows = names.map(({ name, about }) => known.get(name) ?? `| \`${name}\` | ${about} |`);
  return `${[...lines.slice(0, 2), ...rows].join("\n")}\n`;
}

// Folders on lines of their own, files below them in two columns.
function treeOf(names: readonly Name[], old: string): string {
  const known = aboutFiles(old);
  const folders = [...new Set(names.map(({ name }) => folderOf(name)))];
  const lines = folders.flatMap((folder) => {
    const files = names.filter(({ name }) => folderOf(name) === folder);
    const width = Math.max(...files.map(({ name }) => name.length - folder.length));
    return ["", folder, ...files.map((file) => lineOf(file, { folder, width, known }))];
  });
  return ["```", ...lines.slice(1), "```", ""].join("\n");
}

interface Place {
  readonly folder: string;
  readonly width: number;
  readonly known: ReadonlyMap<string, string>;
}

function lineOf({ name, about }: Name, { folder, width, known }: Place): string {
  return `  ${name.slice(folder.length).padEnd(width)}  ${known.get(name) ?? about}`;
}

function aboutFiles(tree: string): ReadonlyMap<string, string> {
  let folder = "";
  const known = new Map<string, string>();
  for (const line of tree.split("\n")) {
    const [, file, about] = /^ {2}(\S+) +(.+)$/.exec(line) ?? [];
    if (/^\S+\/$/.test(line)) folder = line;
    else if (file !== undefined && about !== undefined) known.set(`${folder}${file}`, about);
  }
  return known;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
