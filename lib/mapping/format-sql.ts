/** Names and texts in quotation marks, which stay whole; words; brackets and commas. */
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s"'(),[\]{}]+|[(),[\]{}]/gu;

/** A line that is longer is broken, where it has a place to break. */
const widest = 100;

const clauses = /^(?:WITH|SELECT|FROM|WHERE|LEFT|GROUP|ORDER|WINDOW|LIMIT|UNION)$/;
const branches = /^(?:WHEN|ELSE|AND|OR)$/;

/** A token, or a pair of brackets with what stands between them. */
interface Node {
  /** Whether white space stands before it. */
  readonly isApart: boolean;
  readonly text: string;
  readonly inner: readonly Node[];
  readonly close: string;
}

/**
 * A statement laid out for people: clauses, and the members of long lists, on lines of their own. Only white space
 * between its tokens changes, so it is the very statement that runs.
 */
export function formatSql(statement: string): string {
  const matches = [...statement.matchAll(tokens)].map(({ 0: text, index }) => ({
    text,
    isApart: /\s/.test(statement[index - 1] ?? ""),
  }));
  return linesOf(nodesOf(matches.reverse()), "").join("\n");
}

/** Takes tokens from the end of `left`, where the first of them stands, until a bracket closes that did not open among them. */
function nodesOf(left: { readonly text: string; readonly isApart: boolean }[]): readonly Node[] {
  const nodes: Node[] = [];
  for (let token = left.pop(); token !== undefined; token = left.pop()) {
    if (/^[)\]}]$/.test(token.text)) {
      left.push(token);
      return nodes;
    }
    const inner = /^[([{]$/.test(token.text) ? nodesOf(left) : [];
    const close = /^[([{]$/.test(token.text) ? (left.pop()?.text ?? "") : "";
    nodes.push({ ...token, inner, close });
  }
  return nodes;
}

/** Nodes as lines: clauses each on their own, then one line where it fits, else one for each member, then for each branch. */
function linesOf(nodes: readonly Node[], indent: string): readonly string[] {
  const within = `${indent}  `;
  const [first = [], ...clausesAfter] = cut(nodes, isClause);
  if (clausesAfter.length > 0) return [first, ...clausesAfter].flatMap((clause) => linesOf(clause, indent));
  if (indent.length + flat(nodes).length <= widest) return [`${indent}${flat(nodes)}`];
  for (const isStart of [isMember, isBranch]) {
    const [head = [], ...others] = cut(nodes, isStart);
    if (others.length > 0) return [...linesOf(head, indent), ...others.flatMap((member) => linesOf(member, within))];
  }
  return opened(nodes, indent);
}

/** A line that has no place to break but within its brackets: the widest of them are opened. */
function opened(nodes: readonly Node[], indent: string): readonly string[] {
  const widths = nodes.map((node) => (node.inner.length === 0 ? 0 : flat([node]).length));
  const at = widths.indexOf(Math.max(0, ...widths));
  const node = nodes[at];
  if (node === undefined || widths[at] === 0) return [`${indent}${flat(nodes)}`];
  const [before, after] = [flat([...nodes.slice(0, at), { ...node, inner: [], close: "" }]), flat(nodes.slice(at + 1))];
  const space = nodes[at + 1]?.isApart === true ? " " : "";
  return [`${indent}${before}`, ...linesOf(node.inner, `${indent}  `), `${indent}${node.close}${space}${after}`];
}

type Start = (node: Node, before: Node | undefined) => boolean;

const isClause: Start = ({ text }) => clauses.test(text);
const isMember: Start = (_, before) => before?.text === ",";
const isBranch: Start = ({ text }) => branches.test(text);

/** Cuts before every node that starts a piece. */
function cut(nodes: readonly Node[], isStart: Start): readonly (readonly Node[])[] {
  const pieces: Node[][] = [];
  for (const [at, node] of nodes.entries()) {
    if (pieces.length === 0 || isStart(node, nodes[at - 1])) pieces.push([]);
    pieces.at(-1)?.push(node);
  }
  return pieces;
}

function flat(nodes: readonly Node[]): string {
  const words = nodes.map(({ isApart, text, inner, close }) => `${isApart ? " " : ""}${text}${flat(inner)}${close}`);
  return words.join("").trimStart();
}
