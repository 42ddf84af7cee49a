/** Why a piece of SQL is not one expression over one row, and the cure. */
export interface ExpressionFault {
  readonly text: string;
  readonly hint: string;
}

/** undefined when `sql` is one expression that cannot leave the parentheses it is put into. Nothing is run. */
export function expressionFault(sql: string): ExpressionFault | undefined {
  return sqlFault(sql, notOneValue);
}

/** What else a piece of SQL may not hold: asked of each token, which lies in `depth` brackets. */
export type TokenFault = (token: RegExpExecArray, depth: number) => ExpressionFault | undefined;

/** undefined when `sql` cannot leave the parentheses it is put into, says the same each time, and `more` has no fault. */
export function sqlFault(sql: string, more: TokenFault): ExpressionFault | undefined {
  return faultOf(sql, (token, depth) => wordFault(token) ?? more(token, depth));
}

/** undefined when `sql` is one SELECT, in whatever database's SQL, that cannot leave the parentheses it is put into. */
export function selectFault(sql: string): ExpressionFault | undefined {
  const fault = faultOf(sql, () => undefined);
  if (fault !== undefined || /^\s*(?:select|with)\b/i.test(sql)) return fault;
  return { text: "SQL does not begin with SELECT or WITH", hint: "write one SELECT" };
}

function faultOf(sql: string, more: TokenFault): ExpressionFault | undefined {
  if (sql.trim() === "") return { text: "SQL is missing", hint: "write it, or leave the key out" };
  const open: string[] = [];
  for (const token of sql.matchAll(tokens)) {
    const fault = shapeFault(token) ?? more(token, open.length);
    if (fault !== undefined) return fault;
    const { open: opens, close } = token.groups ?? {};
    if (opens !== undefined) open.push(closing[opens] ?? "");
    if (close !== undefined && open.pop() !== close)
      return { text: `SQL closes a ${close} it did not open`, hint: pair };
  }
  const unclosed = open.pop();
  return unclosed === undefined ? undefined : { text: `SQL lacks a closing ${unclosed}`, hint: pair };
}

const pair = "pair the brackets; between { and } of YAML, SQL with commas goes into double quotes";
const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

// The tokens that matter here, as DuckDB cuts them (it took over PostgreSQL's lexer). A word may hold $ and non-ASCII
// letters, so words come before dollar quotes; E'…' comes before words, because only there a backslash escapes.
const tokens = new RegExp(
  [
    /(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*')/u,
    /(?<quoted>"(?:[^"]|"")*")/u,
    /(?<hidden>(?![\0-\x7f])[\p{Z}\p{C}])/u,
    /(?<word>(?:[A-Za-z_]|[^\0-\x7f])(?:[\w$]|[^\0-\x7f\p{Z}\p{C}])*)/u,
    /(?<dollars>\$(?<tag>[\p{L}_]*)\$[\s\S]*?\$\k<tag>\$)/u,
    /(?<unclosed>'|"|\$[\p{L}_]*\$)/u,
    /(?<comment>--|\/\*)/u,
    /(?<open>[([{])|(?<close>[)\]}])|[\s\S]/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gu",
);

/** The names in a piece of SQL that DuckDB may take for a table or a column, without their quotes. */
export function namesIn(sql: string): readonly string[] {
  return [...sql.matchAll(tokens)].flatMap((token) => nameOf(token) ?? []);
}

function nameOf({ groups }: RegExpExecArray): string | undefined {
  const { quoted, word = unquoted(quoted) } = groups ?? {};
  return word;
}

function shapeFault(token: RegExpExecArray): ExpressionFault | undefined {
  const { hidden, unclosed, comment } = token.groups ?? {};
  if (comment) return { text: `SQL holds a comment (${comment})`, hint: "say it in because:, or in a YAML comment" };
  if (unclosed) return { text: `SQL lacks a closing ${unclosed}`, hint: "pair the quotes; a quote inside is doubled" };
  if (hidden) return { text: `SQL holds an invisible character, ${codePoint(hidden)}`, hint: "type a plain space" };
  if (token[0] === ";") return { text: "SQL holds a semicolon", hint: "leave it out: one piece of SQL stands here" };
  return undefined;
}

/** The name of a function, in small letters, where the token calls one; DuckDB calls it in quotes as well. */
export function calledName(token: RegExpExecArray): string | undefined {
  const isCalled = /^\s*\(/.test(token.input.slice(token.index + token[0].length));
  return isCalled ? nameOf(token)?.toLowerCase() : undefined;
}

function notOneValue(token: RegExpExecArray, depth: number): ExpressionFault | undefined {
  const lower = calledName(token);
  if (lower === "columns") return { text: "SQL stands for several columns", hint: "write one expression" };
  if (lower === "over") {
    return { text: "SQL looks at other rows (OVER)", hint: "a rule sees one row; dedupe: chooses between rows" };
  }
  if (token[0] === "," && depth === 0) {
    return { text: "SQL holds a comma outside of parentheses", hint: "write one expression, not a list" };
  }
  if (token[0] === "*" && token.input.slice(0, token.index).trim() === "") {
    return { text: "SQL stands for several columns (*)", hint: "write one expression" };
  }
  return undefined;
}

// A function may be called by its name in quotation marks, and so may the clock.
const unquoted = (name: string | undefined): string | undefined => name?.slice(1, -1).replaceAll('""', '"');

function wordFault(token: RegExpExecArray): ExpressionFault | undefined {
  const word = nameOf(token);
  if (!word) return undefined;
  const after = token.input.slice(token.index + token[0].length);
  const called = /^\s*\(/.test(after);
  const lower = word.toLowerCase();
  if (clocks.has(lower) || (called && dice.has(lower))) {
    return {
      text: `SQL calls ${word}, which gives another answer each time`,
      hint: "use a constant: same input, same output",
    };
  }
  if (called && lower === "age" && takesOne(after)) {
    return { text: "SQL calls age with one time, which counts up to today", hint: "give it both: age(later, earlier)" };
  }
  return undefined;
}

/** Whether the brackets that `text` begins with hold no list. */
function takesOne(text: string): boolean {
  let depth = 0;
  for (const { 0: token, groups: { open, close } = {} } of text.matchAll(tokens)) {
    if (token === "," && depth === 1) return false;
    if (open !== undefined) depth += 1;
    if (close !== undefined) depth -= 1;
    if (close !== undefined && depth === 0) return true;
  }
  return true;
}

/** SQL words that are the clock even without parentheses. */
const clocks: ReadonlySet<string> = new Set([
  "current_date",
  "current_time",
  "current_timestamp",
  "localtime",
  "localtimestamp",
]);

const dice: ReadonlySet<string> = new Set([
  ...["random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "txid_current"],
  ...["currval", "current_query_id", "current_transaction_id", "current_connection_id", "current_query", "stats"],
  ...["ago", "sleep_ms", "write_log", "pg_postmaster_start_time", "pg_conf_load_time"],
  ...["now", "today", "transaction_timestamp", "get_current_timestamp", "get_current_time", "current_localtimestamp"],
]);

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
