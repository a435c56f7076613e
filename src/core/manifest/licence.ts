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

const OPERATORS = ['AND', 'OR', 'WITH'];

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
  let open = 0;
  let last: 'start' | 'operator' | 'with' | 'licence' | 'exception' | 'group' = 'start';
  for (const token of tokensOf(text.trim())) {
    const isOperand = last === 'licence' || last === 'exception' || last === 'group';
    if (token === '(') {
      if (isOperand || last === 'with') return undefined;
      open += 1;
      last = 'operator';
    } else if (token === ')') {
      if (!isOperand || open === 0) return undefined;
      open -= 1;
      last = 'group';
    } else if (OPERATORS.includes(token)) {
      if (!isOperand || (token === 'WITH' && last !== 'licence')) return undefined;
      last = token === 'WITH' ? 'with' : 'operator';
    } else {
      if (isOperand || !ID.test(token)) return undefined;
      ids.push(token.replace(/\+$/, ''));
      last = last === 'with' ? 'exception' : 'licence';
    }
  }
  return open === 0 && (last === 'licence' || last === 'exception' || last === 'group')
    ? ids
    : undefined;
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    tokens.push(match[1] ?? '');
  }
  return tokens;
}
