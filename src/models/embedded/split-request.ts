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
const COLON = /:(?=\s|\uE000|$)/;
const AND = /,?\s{1,4}and\s{1,4}/i;

/** The tool that some words ask for by themselves, if any. */
export type FindTask = (head: string) => unknown;

export function splitRequest(marked: string, findTask: FindTask): readonly Clause[] {
  return marked
    .split(CONNECTOR)
    .flatMap((part) => splitPart(part, findTask))
    .flatMap((clause) => splitAtAnd(clause, findTask))
    .filter(({ head, payload }) => head.trim() !== '' || payload !== undefined);
}

/** "Fetch a and count its words" is two tasks; "count the words and lines" is one. */
function splitAtAnd(clause: Clause, findTask: FindTask): readonly Clause[] {
  const found = AND.exec(clause.head);
  if (found === null) return [clause];
  const left = clause.head.slice(0, found.index);
  const right = clause.head.slice(found.index + found[0].length);
  const [first, second] = [findTask(left), findTask(right)];
  if (first === undefined || second === undefined || first === second) return [clause];
  return [{ head: left }, { ...clause, head: right }];
}

function splitPart(part: string, findTask: FindTask): readonly Clause[] {
  const clauses: Clause[] = [];
  let rest = part;
  for (;;) {
    const end = SENTENCE_END.exec(rest);
    const sentence = end === null ? rest : rest.slice(0, end.index);
    const colon = COLON.exec(sentence);
    if (colon !== null) {
      const head = sentence.slice(0, colon.index);
      if (findTask(head) !== undefined) {
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
