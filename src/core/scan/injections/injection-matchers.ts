/**
 * All rules for injections, ready to be looked for.
 *
 * @module
 */

import type { Matcher } from '../matcher.ts';
import { ENGLISH_PHRASES, TEMPLATE_MARKERS, WORD_GROUPS } from './english-phrases.ts';
import { OTHER_LANGUAGES } from './languages.ts';
import { matchNearby } from './nearby.ts';
import { matchPhrase } from './phrase.ts';

export function createInjectionMatchers(): readonly Matcher[] {
  return [
    ...ENGLISH_PHRASES.flatMap((row) => matchPhrase(row, WORD_GROUPS)),
    ...TEMPLATE_MARKERS.map(matchMarker),
    ...OTHER_LANGUAGES.flatMap(matchNearby),
  ];
}

function matchMarker(literal: string): Matcher {
  return {
    name: 'chat-template',
    literal,
    read: (_, start, end) => ({ start, end, confidence: 'medium', isOpen: false }),
  };
}
