import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MEMORY_LIMITS, mayReplace } from '../../../src/core/memory/memory.ts';
import { summarise } from '../../../src/core/memory/summarise.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';

const note = (text: string, label = PRINCIPAL_LABEL) => ({ text, label });

describe('summarise()', () => {
  test('keeps the first sentence of each note, in their order', () => {
    const { text } = summarise([
      note('Likes tea. Hates coffee.'),
      note('Lives in\n  Rome'),
      note('1.5 kg! Yes'),
    ]);
    expect(text).toBe('- Likes tea.\n- Lives in Rome\n- 1.5 kg!');
  });

  test('cuts a sentence of more than 160 characters', () => {
    expect(summarise([note('x'.repeat(160))]).text).toBe(`- ${'x'.repeat(160)}`);
    expect(summarise([note('x'.repeat(161))]).text).toBe(`- ${'x'.repeat(159)}…`);
  });

  test('bears the label of all that it is made of', () => {
    expect(summarise([note('a'), note('b')]).label).toEqual(PRINCIPAL_LABEL);
    expect(summarise([note('a'), note('b', UNTRUSTED_LABEL)]).label).toEqual(UNTRUSTED_LABEL);
  });

  test('is never longer than a memory may be', () => {
    const notes = fc.array(
      fc.string({ maxLength: 400 }).map((text) => note(text)),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(notes, (all) => {
        expect(summarise(all).text.length).toBeLessThanOrEqual(MEMORY_LIMITS.text);
      }),
    );
  });
});

describe('mayReplace()', () => {
  test.each([
    [PRINCIPAL_LABEL, PRINCIPAL_LABEL, true],
    [PRINCIPAL_LABEL, UNTRUSTED_LABEL, true],
    [UNTRUSTED_LABEL, UNTRUSTED_LABEL, true],
    [UNTRUSTED_LABEL, PRINCIPAL_LABEL, false],
  ])('%j over %j: %s', (by, old, may) => {
    expect(mayReplace(by, old)).toBe(may);
  });
});
