const lineFeed = 10;
const blank = Buffer.from('""\n');
const endMark = Buffer.from("\\.\n");
const quotedEndMark = Buffer.from('"\\."\n');

/**
 * Makes the records of a one-column file unmistakable: an empty one becomes `""` (a blank line is no row to DuckDB and
 * others), `\.` is quoted (PostgreSQL before 18 stops reading there without a word). `block` holds whole records.
 */
export function quoteBlankRecords(block: Buffer): Buffer {
  const records: Buffer[] = [];
  let insideQuotes = false;
  let start = 0;
  for (let position = 0; position < block.length; position += 1) {
    if (block[position] === 34) insideQuotes = !insideQuotes;
    if (block[position] !== lineFeed || insideQuotes) continue;
    records.push(unmistakable(block.subarray(start, position + 1)));
    start = position + 1;
  }
  return Buffer.concat(records);
}

function unmistakable(record: Buffer): Buffer {
  if (record.length === 1) return blank;
  return record.equals(endMark) ? quotedEndMark : record;
}
