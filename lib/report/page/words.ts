import { withCommas } from "../../mapping/words.js";
import type { ShownValue } from "../facts.js";
import { byNumber, type Content, type Html, html } from "./html.js";

const unknown = html`<span class="none" aria-hidden="true">–</span><span class="heard">not known</span>`;

/** A number of rows; one that nobody knows is a dash, which says so to who listens. */
export function rows(count: number | undefined): Content {
  return count === undefined ? unknown : withCommas(count);
}

/** A count in which nought is nothing to look at. */
export function some(count: number): Content {
  return count === 0 ? html`<span class="none">0</span>` : withCommas(count);
}

/** What is expected or found: numbers with commas, words as they are. */
export function figure(value: string | number): string {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? withCommas(value) : String(value);
}

/** Longer values are cut: the file holds them whole. */
const lettersShown = 300;

/** A value of the data, in which blanks can be seen, NULL is no text and nothing is not nothing. */
export function value(shown: ShownValue): Html {
  switch (shown.kind) {
    case "hidden":
      return html`<span class="none">hidden: personal data</span>`;
    case "absent":
      return html`<span class="none">no such row</span>`;
    case "hash":
      return html`<code class="hash">${shown.text}</code>`;
    case "value":
      return text(shown.text);
    default:
      return shown satisfies never;
  }
}

function text(content: string | null): Html {
  if (content === null) return html`<span class="none">NULL</span>`;
  if (content === "") return html`<span class="none">empty text</span>`;
  // In data a joiner may be the whole difference.
  const letters = [...content.replace(/[\u200c\u200d]/g, byNumber)];
  if (letters.length <= lettersShown) return html`<code class="value">${letters.join("")}</code>`;
  const more = withCommas(letters.length - lettersShown);
  return html`<code class="value">${letters.slice(0, lettersShown).join("")}</code> <span class="none">… and ${more} more characters</span>`;
}

/** Seconds as somebody says them: `0.07 s`, `12.3 s`, `4 min 05 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  // By what will be shown: 59.96 s is not 60.0 s but a minute.
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const [minutes, rest] = [Math.floor(Math.round(seconds) / 60), Math.round(seconds) % 60];
  if (minutes < 60) return `${minutes} min ${two(rest)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A moment in UTC: `2024-01-31 08:00:00`. */
export function moment(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? "not known" : time.toISOString().slice(0, 19).replace("T", " ");
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
