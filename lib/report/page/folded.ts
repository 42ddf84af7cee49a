import { type Content, type Html, html } from "./html.js";

/** Something that can be folded away; on paper it never is. */
export function folded({
  title,
  isOpen,
  content,
}: {
  readonly title: Content;
  readonly isOpen: boolean;
  readonly content: Content;
}): Html {
  return html`<details${isOpen ? html` open` : undefined}><summary>${title}</summary>
${content}</details>
`;
}
