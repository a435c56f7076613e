/**
 * The scanner's rules as regular expressions, one for each: the way in which most scanners keep them.
 *
 * Only tables are translated, so the naive way has a little less to do: keys in PEM armour, URLs and
 * the like are left out, and nothing is normalised or decoded.
 *
 * @module
 */

import { ALPHABETS, isOf } from '../../src/core/scan/alphabets.ts';
import {
  ENGLISH_PHRASES,
  TEMPLATE_MARKERS,
  WORD_GROUPS,
} from '../../src/core/scan/injections/english-phrases.ts';
import { OTHER_LANGUAGES } from '../../src/core/scan/injections/languages.ts';
import { ASSIGNED_TOKENS } from '../../src/core/scan/secrets/assigned.ts';
import { INNER_TOKENS } from '../../src/core/scan/secrets/inner.ts';
import { BUSINESS_PREFIXES } from '../../src/core/scan/secrets/prefixed-business.ts';
import { CLOUD_PREFIXES } from '../../src/core/scan/secrets/prefixed-cloud.ts';
import { CODE_PREFIXES } from '../../src/core/scan/secrets/prefixed-code.ts';
import { parseShape, type ShapeStep } from '../../src/core/scan/shape.ts';

export function createNaiveRules(): readonly RegExp[] {
  const prefixed = [...CLOUD_PREFIXES, ...CODE_PREFIXES, ...BUSINESS_PREFIXES].map(
    ([, prefixes, shape]) =>
      new RegExp(`(?<![A-Za-z0-9])(?:${anyOf(prefixes.split(' '))})${toSource(shape)}\\b`, 'g'),
  );
  const inner = INNER_TOKENS.map(
    ([, literal, before, after]) =>
      new RegExp(`${toSource(before)}${quote(literal)}${toSource(after)}\\b`, 'g'),
  );
  const assigned = ASSIGNED_TOKENS.map(([, vendors, shapes]) => {
    const values = shapes.split(' | ').map(toSource).join('|');
    const name = `[\\w.-]{0,32}(?:${anyOf(vendors.split(' | '))})[\\w.-]{0,32}`;
    return new RegExp(`${name}["'\\s]{0,8}[=:>,|]{1,3}["'\\s]{0,8}(?:${values})\\b`, 'gi');
  });
  const markers = TEMPLATE_MARKERS.map((marker) => new RegExp(quote(marker), 'gi'));
  return [...prefixed, ...inner, ...assigned, ...markers, ...phrases(), ...nearby()];
}

function phrases(): readonly RegExp[] {
  return ENGLISH_PHRASES.map(([, , phrase]) => {
    const steps = phrase.split(' ').map((step) => {
      const [, body = '', count = ''] = /^(.+?)(\{\d+,\d+\})?$/.exec(step) ?? [];
      const words = body.split('|').flatMap((word) => {
        return word.startsWith('@') ? (WORD_GROUPS[word.slice(1)] ?? '').split(' ') : [word];
      });
      return `(?:\\b(?:${body === '*' ? '\\w+' : anyOf(words)})\\b\\W{0,48})${count}`;
    });
    return new RegExp(steps.join(''), 'gi');
  });
}

function nearby(): readonly RegExp[] {
  return OTHER_LANGUAGES.map(([, stems]) => {
    const [verbs = '', orders = ''] = stems
      .split(' / ')
      .map((words) => anyOf(words.split(' ').map((word) => word.replaceAll('_', ' '))));
    return new RegExp(
      `(?:${verbs})[\\s\\S]{0,64}?(?:${orders})|(?:${orders})[\\s\\S]{0,64}?(?:${verbs})`,
      'giu',
    );
  });
}

function anyOf(literals: readonly string[]): string {
  return literals.map((literal) => quote(literal)).join('|');
}

function toSource(shape: string): string {
  return parseShape(shape).map(stepSource).join('');
}

function stepSource(step: ShapeStep): string {
  if ('literal' in step) return quote(step.literal);
  const units = Array.from({ length: 128 }, (_, unit) => unit);
  const members = units.filter((unit) => step.alphabet in ALPHABETS && isOf(step.alphabet, unit));
  const characters = members.map((unit) => `\\x${unit.toString(16).padStart(2, '0')}`).join('');
  return `[${characters}]{${step.min},${step.max}}`;
}

function quote(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
