import type { FrameStep } from "waybill/steps";

/** How many rows share a domain; rows without one are left out. */
export const step: FrameStep = (frame) => {
  const domains = frame.column("domain").values;
  const sharing = domains.map((domain) => String(domains.filter((other) => other === domain).length));
  return frame.addColumn("sharing", sharing).query(domains.map((domain) => domain !== null));
};
