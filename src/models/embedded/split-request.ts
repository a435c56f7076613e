/**
 * A plain request as its clauses: each asks for at most one tool call.
 *
 * Connectors ("and then", "afterwards") part clauses always, the end of a sentence parts them too,
 * but what follows a colon is one payload to its end: "Count the words in: Hello. How are you?"
 *
 * @module
 */

export interface Clause {
  /** Marked text, the payload left out. */
  readonly head: string;
  /** Marked text after the colon. */
  readonly payload?: string;
}

/** White space is bounded, so that no request takes long. */
const CONNECTOR =
  /(?:[.;,!?]|\s{1,4}and)?\s{1,4}(?:then|afterwards|after that|next|finally)[,:]?\s{1,4}|\n\s{0,4}(?:\d{1,2}[.)]|[-*•])\s{1,4}/i;
const SENTENCE_END = /(?<=[.!?;])\s{1,4}(?=\S)|\n{1,4}/;
const COLON = /:(?=\s|\uE000)/;

/** `isTask` says whether the words before a colon ask for something that a tool does. */
export function splitRequest(marked: string, isTask: (head: string) => boolean): readonly Clause[] {
  return marked
    .split(CONNECTOR)
    .flatMap((part) => splitPart(part, isTask))
    .filter(({ head, payload }) => head.trim() !== '' || payload !== undefined);
}

function splitPart(part: string, isTask: (head: string) => boolean): readonly Clause[] {
  const clauses: Clause[] = [];
  let rest = part;
  for (;;) {
    const end = SENTENCE_END.exec(rest);
    const sentence = end === null ? rest : rest.slice(0, end.index);
    const colon = COLON.exec(sentence);
    if (colon !== null) {
      const head = sentence.slice(0, colon.index);
      if (isTask(head)) {
        clauses.push({ head, payload: rest.slice(colon.index + 1).trim() });
        return clauses;
      }
      clauses.push({ head, payload: sentence.slice(colon.index + 1).trim() });
    } else {
      clauses.push({ head: sentence });
    }
    if (end === null) return clauses;
    rest = rest.slice(end.index + end[0].length);
  }
}
