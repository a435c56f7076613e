/**
 * Text of strangers, so that a terminal shows it and obeys nothing in it.
 *
 * Names, descriptions, answers and errors come from plugins and gateways. An escape sequence in one
 * could rewrite what was printed before, and a line feed could forge a line of ours.
 *
 * @module
 */

/** Controls, formats (bidi, tags), private and half characters, separators, and all that is blank by nature. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** All that is hidden becomes `\u{1b}`, line feeds too: what comes back is one line. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);
}

/** JSON over several lines, which reads back as the same value. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(HIDDEN, (hidden) =>
    hidden === '\n' ? hidden : escapeUnits(hidden),
  );
}

/** As JSON writes it, in UTF-16. `JSON.stringify` itself leaves DEL, C1 and formats as they are. */
function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
