import { isUtf8 } from "node:buffer";
import { StageError } from "../../model/errors.js";
import { bytesOf, fieldsOf, firstInvalid } from "./csv-fields.js";

/** What is being copied, for messages. */
export interface CopiedColumns {
  readonly extract: string;
  readonly columns: readonly string[];
}

/**
 * The error for a chunk of CSV that holds bytes no file may: it names the extract, the row by its number in the part, the
 * column and the byte, never the value.
 */
export function findUnfit(csv: Buffer, what: CopiedColumns & { readonly rowsBefore: number }): StageError {
  for (const field of fieldsOf(csv)) {
    const fault = faultIn(bytesOf(csv, field));
    if (fault === undefined) continue;
    const name = what.columns[field.column] ?? `${field.column + 1}`;
    return new StageError(
      "integrity",
      `${what.extract}: row ${what.rowsBefore + field.row} of a part, column ${name}: a value holds ${fault}`,
      `say what becomes of such values: invalid_text: reject, strip, replace or bytes, beside ${what.extract} under extracts:, ` +
        "or mend them in the source",
    );
  }
  return new StageError("integrity", `${what.extract}: a row holds bytes that are no UTF-8`);
}

/** What is wrong with a value, and where, without the value; undefined where nothing is. */
export function faultIn(bytes: Buffer | null): string | undefined {
  if (bytes === null) return undefined;
  if (!isUtf8(bytes)) return `bytes that are no UTF-8, from byte ${firstInvalid(bytes)} on`;
  const nulAt = bytes.indexOf(0);
  return nulAt < 0 ? undefined : `a NUL character, from byte ${nulAt} on`;
}
