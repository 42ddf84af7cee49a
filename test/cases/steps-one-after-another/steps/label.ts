import type { RowStep } from "waybill/steps";

export const step: RowStep = ({ sharing, email, id }) => ({ label: `${id}: ${email} (${sharing})` });
