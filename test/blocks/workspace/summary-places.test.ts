import { describe, expect, test } from 'vitest';
import {
  MAX_SUMMARIES,
  MAX_SUMMARIES_OF_SPENDER,
  SummaryPlaces,
} from '../../../src/blocks/workspace/summary-places.ts';

const NOW = 1_000;
const place = (spender: string, until = NOW + 60_000) => ({ spender, until });

describe('SummaryPlaces', () => {
  test('has so many for one spender, and room for others besides', () => {
    const places = new SummaryPlaces();
    const take = (id: number, spender: string) =>
      places.take(`${spender} ${id}`, place(spender), NOW);
    for (let id = 1; id <= MAX_SUMMARIES_OF_SPENDER; id++) expect(take(id, 'a')).toBe(true);
    expect(take(99, 'a')).toBe(false);
    expect(take(1, 'b')).toBe(true);
    expect(take(1, 'a')).toBe(true);
  });

  test('has so many for a workspace', () => {
    const places = new SummaryPlaces();
    const take = (id: number) => places.take(`${id}`, place(`spender ${id}`), NOW);
    for (let id = 1; id <= MAX_SUMMARIES; id++) expect(take(id)).toBe(true);
    expect(take(99)).toBe(false);
    places.leave('1');
    expect(take(99)).toBe(true);
  });

  test('takes nobody’s word for ever: a place is free again when its time is over', () => {
    const places = new SummaryPlaces();
    for (let id = 1; id <= MAX_SUMMARIES; id++) places.take(`${id}`, place(`${id}`, NOW + 10), NOW);
    expect(places.take('99', place('x'), NOW + 9)).toBe(false);
    expect(places.take('99', place('x'), NOW + 10)).toBe(true);
  });
});
