import { type RowStep, reject } from "waybill/steps";

export const step: RowStep = (row) => (row["domain"] === "spam.example" ? reject("not a domain of ours") : {});
