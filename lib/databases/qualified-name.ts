import { StageError } from "../model/errors.js";

/** A table's name in two parts; undefined: the specification leaves open where it is. */
export interface QualifiedName {
  readonly schema: string | undefined;
  readonly name: string;
}

const patterns = {
  '"': /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/,
  "`": /^(?:(`(?:[^`]|``)+`|[^`.]+)\.)?(`(?:[^`]|``)+`|[^`.]+)$/,
} as const;

/** What a specification wrote: `name` or `schema.name`, quotes around a part that holds a dot. Throws "specification". */
export function parseQualifiedName(written: string, quote: keyof typeof patterns): QualifiedName {
  const parts = written.match(patterns[quote]);
  const unquoted = (part: string) =>
    part.startsWith(quote) ? part.slice(1, -1).replaceAll(`${quote}${quote}`, quote) : part;
  if (parts?.[2] !== undefined)
    return { schema: parts[1] === undefined ? undefined : unquoted(parts[1]), name: unquoted(parts[2]) };
  throw new StageError(
    "specification",
    `${JSON.stringify(written)} is not a table's name`,
    'write table or schema.table, with "double quotes" around a part that holds a dot',
  );
}
