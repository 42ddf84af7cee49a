import type { DataFrame } from "danfojs-node";

/** Ranks places by size, the largest first, and leaves the smallest out. */
export const step = (frame: DataFrame): DataFrame => {
  const sizes = frame.column("heads").values.map(Number);
  const sorted = [...sizes].sort((one, other) => other - one);
  return frame
    .addColumn("rank", sizes.map((size) => String(sorted.indexOf(size) + 1)))
    .query(sizes.map((size) => size !== sorted.at(-1)));
};
