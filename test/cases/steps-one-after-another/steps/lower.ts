import type { RowStep } from "waybill/steps";

export const step: RowStep = ({ email = null }) => {
  const lower = email?.toLowerCase() ?? null;
  return { email: lower, domain: lower?.split("@")[1] ?? null };
};
