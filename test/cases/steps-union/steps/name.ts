import { type RowStep, reject } from "waybill/steps";

/** A clinic has beds, a school has pupils; none of them has the other's columns. */
export const step: RowStep = (row) => {
  const isClinic = "beds" in row;
  if (isClinic === "pupils" in row) throw new Error("a row of two systems");
  const heads = row[isClinic ? "beds" : "pupils"] ?? null;
  if (heads === null) return reject(isClinic ? "a clinic without beds" : "a school without pupils");
  return { title: row["title_en"] ?? row["label"] ?? null, heads, village: row["village"]?.trim().toUpperCase() ?? null };
};
