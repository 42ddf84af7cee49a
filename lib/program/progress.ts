import { withCommas } from "../mapping/words.js";

/** A running count on stderr: one line that redraws itself on a terminal, a line every ten seconds elsewhere. */
export interface Progress {
  advance(rowCount: number): void;
  /** Takes the line off the terminal again. */
  finish(): void;
}

export interface ProgressOptions {
  readonly label: string;
  readonly totalRows: number | undefined;
  readonly show: boolean;
  readonly write: (text: string) => void;
}

const redrawMs = 200;
const lineEveryMs = 10_000;

/** Starts counting; the rate is measured with the monotonic clock. */
export function startProgress({ label, totalRows, show, write }: ProgressOptions): Progress {
  if (!show) return { advance: () => {}, finish: () => {} };
  const terminal = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  const startedMs = performance.now();
  let shownMs = startedMs;
  let rowCount = 0;
  return {
    advance(more) {
      rowCount += more;
      const nowMs = performance.now();
      if (nowMs - shownMs < (terminal ? redrawMs : lineEveryMs)) return;
      shownMs = nowMs;
      const text = progressText({ label, totalRows, rowCount, elapsedMs: nowMs - startedMs });
      write(terminal ? `\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${text}\n`);
    },
    finish() {
      if (terminal && shownMs !== startedMs) write("\r\u001b[K");
    },
  };
}

/** `extract beneficiaries  350,000 of 1,247,893 rows  28 %  610,000 rows/s  0:02 left` */
export function progressText(at: {
  readonly label: string;
  readonly totalRows: number | undefined;
  readonly rowCount: number;
  readonly elapsedMs: number;
}): string {
  const rate = at.rowCount / Math.max(at.elapsedMs, 1);
  const parts = [at.label];
  if (at.totalRows === undefined) parts.push(`${withCommas(at.rowCount)} rows`);
  else {
    // An estimate that turns out too low must not show 104 %.
    const total = Math.max(at.totalRows, at.rowCount);
    parts.push(
      `${withCommas(at.rowCount)} of ${withCommas(total)} rows`,
      `${total === 0 ? 100 : Math.floor((100 * at.rowCount) / total)} %`,
    );
  }
  parts.push(`${withCommas(Math.round(rate * 1000))} rows/s`);
  if (at.totalRows !== undefined && rate > 0)
    parts.push(`${clock(Math.max(at.totalRows - at.rowCount, 0) / rate)} left`);
  return parts.join("  ");
}

function clock(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
