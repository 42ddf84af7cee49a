import type { Span } from "../facts.js";

/** A stretch of time in which nothing happened, drawn shorter than it was. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where moments stand on a timeline, as shares of its width in per cent. */
export interface TimeScale {
  at(timeMs: number): number;
  readonly gaps: readonly Gap[];
}

/** A pause of more than half the time of all work leaves no room for the work; then it is drawn as a twentieth of it. */
const [longShare, gapShare] = [0.5, 0.05];

/** A scale over all spans: stretches of work in proportion, long pauses between them as narrow gaps. */
export function timeScale(spans: readonly Span[]): TimeScale {
  const busy = stretches(spans);
  const worked = Math.max(
    1,
    busy.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
  );
  const pauses = busy.slice(1).map(({ fromMs }, index) => ({ fromMs: busy[index]?.toMs ?? fromMs, toMs: fromMs }));
  const isLong = ({ fromMs, toMs }: Gap): boolean => toMs - fromMs > longShare * worked;
  const drawn = (pause: Gap): number => (isLong(pause) ? gapShare * worked : pause.toMs - pause.fromMs);
  const total = worked + pauses.reduce((sum, pause) => sum + drawn(pause), 0);
  const at = (timeMs: number): number => {
    let before = 0;
    for (const { fromMs, toMs } of busy) before += Math.max(0, Math.min(timeMs, toMs) - fromMs);
    for (const pause of pauses) if (timeMs >= pause.toMs) before += drawn(pause);
    return Math.round((10_000 * before) / total) / 100;
  };
  return { at, gaps: pauses.filter(isLong) };
}

// Spans that touch or overlap, put together; spans come in the order of their beginning.
function stretches(spans: readonly Span[]): readonly Gap[] {
  const found: { fromMs: number; toMs: number }[] = [];
  for (const { startMs, endMs } of spans) {
    const last = found.at(-1);
    if (last !== undefined && startMs <= last.toMs) last.toMs = Math.max(last.toMs, endMs);
    else found.push({ fromMs: startMs, toMs: endMs });
  }
  return found;
}
