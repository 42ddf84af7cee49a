import { merge, DataFrame } from "danfojs-node";

/** The three largest amounts, largest first; a shop has the region of its first letter, if that is known. */
export const step = (frame: DataFrame): DataFrame => {
  const amounts = frame.column("amount").values.map(Number);
  const places = [...amounts].sort((one, other) => other - one);
  const ranks = amounts.map((amount) => String(places.indexOf(amount) + 1));
  const shops = frame.column("shop").values.map((shop) => (shop === null ? "" : String(shop).toUpperCase()));
  const ranked = frame
    .addColumn("rank", ranks)
    .addColumn("letter", shops.map((shop) => shop.slice(0, 1)))
    .drop({ columns: ["shop"] })
    .addColumn("shop", shops);
  const regions = new DataFrame([["A", "01"], ["B", "02"]], { columns: ["letter", "region"], dtypes: ["string", "string"] });
  const placed = merge({ left: ranked, right: regions, on: ["letter"], how: "left" }).drop({ columns: ["letter"] });
  const best = placed.iloc({ rows: placed.column("rank").values.map((rank) => Number(rank) <= 3) });
  return best.sortValues("amount", { ascending: false }) as DataFrame;
};
