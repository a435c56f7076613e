/**
 * Finds credentials in a text by the formats of `secret-formats.ts`.
 *
 * Looks through characters that are there to hide a key from a scanner (zero-width spaces,
 * full-width letters, escapes of JSON). Does not decode base64 or anything that would have to be
 * computed: whoever can make a model encode a key can also make it use a cipher.
 *
 * @module
 */

import { INNER_FORMATS, SECRET_FORMATS, type SecretFormat } from './secret-formats.ts';
import { shadowOf } from './shadow.ts';
import type { Span } from './text-copy.ts';

/** Something found, by name only: what it says stays in the text. */
export interface Finding extends Span {
  readonly name: string;
}

interface Beginning {
  readonly prefix: string;
  readonly format: SecretFormat;
}

/** Formats by the code unit that their prefix begins with; the longest prefix first. */
const BY_FIRST_UNIT: readonly (readonly Beginning[] | undefined)[] = (() => {
  const table: Beginning[][] = [];
  for (const format of SECRET_FORMATS) {
    for (const prefix of format.prefixes) {
      const unit = prefix.charCodeAt(0);
      table[unit] = [...(table[unit] ?? []), { prefix, format }];
    }
  }
  for (const entry of table) entry?.sort((a, b) => b.prefix.length - a.prefix.length);
  return table;
})();

/** Stands where a key would: documents and examples are full of these. */
const PLACEHOLDER = /^[xX*._0-]+$/;

/** All credentials in a text, in no promised order. */
export function findSecrets(text: string): readonly Finding[] {
  const shadow = shadowOf(text);
  const found = [...findPrefixed(shadow.text), ...findInner(shadow.text)];
  return found.map(({ name, ...span }) => ({ name, ...shadow.toSource(span) }));
}

function findPrefixed(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  let isWithinWord = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const beginnings = isWithinWord ? undefined : BY_FIRST_UNIT[unit];
    const finding = beginnings && readFinding(text, at, beginnings);
    if (finding) {
      findings.push(finding);
      at = finding.end - 1;
    }
    isWithinWord = isWordUnit(text.charCodeAt(at));
  }
  return findings;
}

function readFinding(
  text: string,
  start: number,
  beginnings: readonly Beginning[],
): Finding | undefined {
  for (const { prefix, format } of beginnings) {
    if (!text.startsWith(prefix, start)) continue;
    const [body, lead] = matchAt(format.body, text, start + prefix.length) ?? [];
    if (body === undefined || PLACEHOLDER.test(body)) continue;
    if (format.holding === undefined || format.holding.test(body)) {
      const end = start + prefix.length + body.length;
      const secretAt = lead === undefined ? start : start + prefix.length + lead.length;
      return { name: format.name, start: secretAt, end };
    }
  }
  return undefined;
}

function findInner(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { name, literal, pattern } of INNER_FORMATS) {
    let start = text.indexOf(literal);
    while (start !== -1) {
      const length = matchAt(pattern, text, start)?.[0].length ?? 0;
      if (length > 0) findings.push({ name, start, end: start + length });
      start = text.indexOf(literal, start + Math.max(length, 1));
    }
  }
  return findings;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function isWordUnit(unit: number): boolean {
  const isDigit = unit >= 0x30 && unit <= 0x39;
  const letter = unit | 0x20;
  return isDigit || (letter >= 0x61 && letter <= 0x7a);
}
