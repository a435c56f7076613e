/**
 * Licence expressions as SPDX writes them (SPDX 2.3, annex D), by form: whether an id is one that
 * anybody knows is not asked here.
 *
 * @module
 */

/** Longest accepted expression, in characters. */
export const MAX_LICENCE_LENGTH = 128;

const TOKEN = /\s*([()]|[^\s()]+)/y;

/** A licence or exception id; `LicenseRef-` ones may name the document that they come from. */
const ID =
  /^(?:(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+|(?!LicenseRef-)[A-Za-z0-9.-]+\+?)$/;

type Part = 'open' | 'close' | 'operator' | 'with' | 'licence' | 'exception';

/** What may come next, or that nothing need come. */
const MAY_FOLLOW: Readonly<Record<Part | 'start', readonly (Part | 'end')[]>> = {
  start: ['open', 'licence'],
  open: ['open', 'licence'],
  operator: ['open', 'licence'],
  with: ['exception'],
  licence: ['operator', 'with', 'close', 'end'],
  exception: ['operator', 'close', 'end'],
  close: ['operator', 'close', 'end'],
};

/**
 * The ids that an expression names, exceptions among them and a `+` left out; nothing if it is
 * malformed.
 *
 * @example
 * ```ts
 * readLicence('MIT OR (GPL-2.0-only WITH Classpath-exception-2.0)');
 * // ['MIT', 'GPL-2.0-only', 'Classpath-exception-2.0']
 * readLicence('the MIT one'); // undefined: no operator stands between the words
 * ```
 */
export function readLicence(text: string): readonly string[] | undefined {
  if (text.length > MAX_LICENCE_LENGTH) return undefined;
  const ids: string[] = [];
  let depth = 0;
  let last: Part | 'start' = 'start';
  for (const token of tokensOf(text.trim())) {
    const part = partOf(token, last);
    if (!MAY_FOLLOW[last].includes(part)) return undefined;
    if (part === 'open') depth += 1;
    if (part === 'close') depth -= 1;
    if (depth < 0) return undefined;
    if (part === 'licence' || part === 'exception') {
      if (!ID.test(token)) return undefined;
      ids.push(token.replace(/\+$/, ''));
    }
    last = part;
  }
  return depth === 0 && MAY_FOLLOW[last].includes('end') ? ids : undefined;
}

function partOf(token: string, last: Part | 'start'): Part {
  if (token === '(') return 'open';
  if (token === ')') return 'close';
  if (token === 'AND' || token === 'OR') return 'operator';
  if (token === 'WITH') return 'with';
  return last === 'with' ? 'exception' : 'licence';
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    tokens.push(match[1] ?? '');
  }
  return tokens;
}
