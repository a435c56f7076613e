/**
 * Finds data about persons that has a form: addresses of e-mail, numbers of payment cards (ISO/IEC 7812,
 * Luhn) and of bank accounts (ISO 13616, modulo 97).
 *
 * @module
 */

import type { Finding } from './finding.ts';
import type { Found } from './rule-set.ts';
import type { Span } from './text-copy.ts';

/** Each pattern is bounded, and begins where nothing of its own could stand before. */
const EMAIL =
  /(?<![\w.+-])[A-Za-z0-9_][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/g;
const CARD = /(?<![\w.-])[2-6]\d{3}(?:([ -]?)\d{4}){2}\1?\d{3,4}(?:[ -]?\d{1,3})?(?![\w-])/g;
const IBAN = /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)/g;

export function findPersonalData(text: string): Found {
  const findings = [
    ...locate('email-address', text.matchAll(EMAIL)),
    ...locate(
      'card-number',
      [...text.matchAll(CARD)].filter(([number]) => isCardNumber(number)),
    ),
    ...locate(
      'bank-account',
      [...text.matchAll(IBAN)].filter(([number]) => isBankAccount(number)),
    ),
  ];
  return { findings, openFrom: startOfLastNumber(text) };
}

/** Longest number in groups, in code units. */
const MAX_GROUPS = 48;

const GROUPS_AT_END = /[A-Z0-9][A-Z0-9 -]*$/;

/**
 * Where the last number may have begun that more text could make longer: its groups may be apart, so
 * it need not be in the last word, as an address is.
 */
function startOfLastNumber(text: string): number {
  const groups = GROUPS_AT_END.exec(text.slice(-MAX_GROUPS))?.[0] ?? '';
  return text.length - groups.length;
}

function locate(name: string, matches: Iterable<RegExpExecArray>): readonly Finding[] {
  return Array.from(matches, (match) => ({
    kind: 'personal' as const,
    name,
    confidence: 'medium' as const,
    ...spanOf(match),
  }));
}

function spanOf(match: RegExpExecArray): Span {
  return { start: match.index, end: match.index + match[0].length };
}

/** Luhn: of the digits from the right, every second one counts double. */
export function isCardNumber(written: string): boolean {
  const digits = written.replace(/\D/g, '');
  if (digits.length < 13 || digits.length > 19) return false;
  let sum = 0;
  for (const [place, digit] of Array.from(digits).toReversed().entries()) {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** The number, its first four characters last and letters as numbers from 10, is 1 modulo 97. */
export function isBankAccount(written: string): boolean {
  const compact = written.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
