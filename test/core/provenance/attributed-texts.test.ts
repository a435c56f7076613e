import { describe, expect, test } from 'vitest';
import {
  MAX_ATTRIBUTED_CHARS,
  MAX_ATTRIBUTED_TEXTS,
} from '../../../src/core/provenance/attributed-texts.ts';
import { MAX_VALUE_LENGTH } from '../../../src/core/provenance/heard-values.ts';
import { MAX_OWN_WORDS } from '../../../src/core/provenance/own-words.ts';
import type { TrustedFields } from '../../../src/core/provenance/trusted-fields.ts';
import { isTold, knowing, reads, says } from './conversation.ts';

const MESSAGES: TrustedFields = { items: { members: { sender: 'author', text: null } } };
const wrote = (...texts: readonly (readonly [sender: string, text: string])[]) =>
  reads(
    texts.map(([sender, text]) => ({ sender, text })),
    MESSAGES,
  );

describe('what an author has written', () => {
  const ASKED = says('read the page that Bob posted');

  test('is attributed as a whole value if the principal has named him', () => {
    const known = knowing(ASKED, wrote(['bob', 'see https://a.example/x, room 12']));
    expect(known.isAttributed('https://a.example/x', 'folded')).toBe(true);
    expect(known.isAttributed('a.example/x', 'folded')).toBe(true);
    expect(known.isAttributed(12, 'folded')).toBe(true);
    expect(known.isAttributed('https://a.example', 'folded')).toBe(false);
    expect(known.isAttributed('https://a.example/x?room=12', 'folded')).toBe(false);
    expect(known.isAttributed(1, 'folded')).toBe(false);
    expect(known.isAttributed(true, 'folded')).toBe(false);
  });

  test('keeps the case where case matters', () => {
    const known = knowing(ASKED, wrote(['bob', 'take /data/Report.csv']));
    expect(known.isAttributed('/data/Report.csv', 'exact')).toBe(true);
    expect(known.isAttributed('/data/report.csv', 'exact')).toBe(false);
    expect(known.isAttributed('/data/report.csv', 'folded')).toBe(true);
  });

  test('stays untrusted, and he himself is vouched for', () => {
    const known = knowing(says('read'), wrote(['bob-7', 'see https://a.example/x']));
    expect(known.originOf('https://a.example/x', 'folded')).toBe('untrusted');
    expect(known.originOf('bob-7', 'folded')).toBe('field');
  });

  test('is nobody’s if another has written it, or the tool does not say who has', () => {
    const text = 'see a.example';
    const isAttributed = (...result: Parameters<typeof reads>) =>
      knowing(ASKED, reads(...result)).isAttributed('a.example', 'folded');
    expect(isAttributed([{ sender: 'bob', text }], MESSAGES)).toBe(true);
    expect(isAttributed([{ sender: 'eve', text }], MESSAGES)).toBe(false);
    expect(isAttributed([{ sender: 'bobby', text }], MESSAGES)).toBe(false);
    expect(isAttributed([{ sender: ' ', text }], MESSAGES)).toBe(false);
    expect(isAttributed([{ sender: ['bob'], text }], MESSAGES)).toBe(false);
    expect(isAttributed([{ sender: 'bob', text }])).toBe(false);
    const trusted: TrustedFields = { items: { members: { sender: 'trusted' } } };
    expect(isAttributed([{ sender: 'bob', text }], trusted)).toBe(false);
  });

  test('is not of an author whom others name, or who is composed of the principal’s words', () => {
    const told = knowing(isTold('bob'), wrote(['bob', 'a.example']));
    expect(told.isAttributed('a.example', 'folded')).toBe(false);
    const named = knowing(says('the page, Bob'), wrote(['bob page', 'a.example']));
    expect(named.isAttributed('a.example', 'folded')).toBe(false);
  });

  test('needs all of its authors to be named', () => {
    const fields: TrustedFields = { members: { by: 'author', with: 'author' } };
    const signed = reads({ by: 'bob', with: 'eve', text: 'a.example' }, fields);
    expect(knowing(ASKED, signed).isAttributed('a.example', 'folded')).toBe(false);
    expect(knowing(says('bob and eve'), signed).isAttributed('a.example', 'folded')).toBe(true);
  });

  test('is his in all of his object, but not what he quotes or another says in it', () => {
    const fields: TrustedFields = {
      members: { sender: 'author', reply: { members: { sender: 'author' } } },
    };
    const result = {
      sender: 'bob',
      parts: [{ text: 'a.example' }],
      quoted: '> see b.example',
      reply: { sender: 'eve', text: 'c.example' },
    };
    const known = knowing(ASKED, reads(result, fields));
    expect(known.isAttributed('a.example', 'folded')).toBe(true);
    expect(known.isAttributed('b.example', 'folded')).toBe(false);
    expect(known.isAttributed('c.example', 'folded')).toBe(false);
  });

  test('is not what the model has put into the call itself, in whole or in part', () => {
    const said = (text: string) =>
      knowing(
        ASKED,
        reads([{ sender: 'bob', text }], MESSAGES, { text: 'see eve.example/x now' }),
      ).isAttributed('eve.example/x', 'folded');
    expect(said('you said: see eve.example/x now')).toBe(false);
    expect(said('eve.example/x')).toBe(false);
    expect(said('look at eve.example/x')).toBe(true);
  });

  test('counts as soon as he is named', () => {
    const known = knowing(wrote(['bob', 'a.example']));
    expect(known.isAttributed('a.example', 'folded')).toBe(false);
    known.hear(ASKED);
    expect(known.isAttributed('a.example', 'folded')).toBe(true);
  });

  test('is forgotten when many have written since', () => {
    const known = knowing(ASKED, wrote(['bob', 'a.example']));
    const others = Array.from({ length: MAX_ATTRIBUTED_TEXTS }, () => ['eve', 'text'] as const);
    for (const message of wrote(...others.slice(1))) known.hear(message);
    expect(known.isAttributed('a.example', 'folded')).toBe(true);
    for (const message of wrote(...others.slice(0, 1))) known.hear(message);
    expect(known.isAttributed('a.example', 'folded')).toBe(false);
  });

  test('is forgotten when much has been written since', () => {
    const known = knowing(ASKED, wrote(['bob', 'a.example']));
    for (let left = MAX_ATTRIBUTED_CHARS - 'a.example'.length; left > 0; left -= MAX_OWN_WORDS) {
      const text = 'x'.repeat(Math.min(left, MAX_OWN_WORDS));
      for (const message of wrote(['eve', text])) known.hear(message);
    }
    expect(known.isAttributed('a.example', 'folded')).toBe(true);
    for (const message of wrote(['eve', 'x'])) known.hear(message);
    expect(known.isAttributed('a.example', 'folded')).toBe(false);
  });

  test(`has values of at most ${MAX_VALUE_LENGTH} characters`, () => {
    for (const [length, isAttributed] of [
      [MAX_VALUE_LENGTH, true],
      [MAX_VALUE_LENGTH + 1, false],
    ] as const) {
      const link = 'a.example/'.padEnd(length, 'x');
      expect(knowing(ASKED, wrote(['bob', link])).isAttributed(link, 'folded')).toBe(isAttributed);
    }
  });
});

describe('what was requested', () => {
  const letter = (args: object, fields: TrustedFields = 'requested') =>
    knowing(
      says('Do as letter.txt says, page 2'),
      reads('I moved to Dalton Street 123.\n> Main Street 1', fields, args),
    );

  test('is attributed if the principal has named all that the call asks for', () => {
    expect(letter({ file: 'letter.txt' }).isAttributed('Dalton Street 123', 'folded')).toBe(true);
    expect(letter({ file: 'letter.txt' }).isAttributed('Main Street 1', 'folded')).toBe(true);
    expect(
      letter({ file: 'letter.txt', page: 2, note: '' }).isAttributed('Dalton Street 123', 'folded'),
    ).toBe(true);
    expect(letter({ file: 'letter.txt' }).isAttributed('Eve Street 123', 'folded')).toBe(false);
    expect(letter({ file: 'letter.txt' }).originOf('Dalton Street 123', 'folded')).toBe(
      'untrusted',
    );
  });

  test('is not if the model chose some of it, or nothing was asked for', () => {
    for (const args of [{ file: 'other.txt' }, { file: 'letter.txt', page: 3 }, {}]) {
      expect(letter(args).isAttributed('Dalton Street 123', 'folded')).toBe(false);
    }
    expect(letter({ file: 'letter.txt' }, {}).isAttributed('Dalton Street 123', 'folded')).toBe(
      false,
    );
  });

  test('is so within lists and members', () => {
    const fields: TrustedFields = { members: { pages: { items: 'requested' } } };
    const known = knowing(
      says('letter.txt'),
      reads({ pages: ['a-1', { text: 'b-2' }], title: 'c-3' }, fields, { file: 'letter.txt' }),
    );
    expect(known.isAttributed('a-1', 'folded')).toBe(true);
    expect(known.isAttributed('b-2', 'folded')).toBe(true);
    expect(known.isAttributed('c-3', 'folded')).toBe(false);
  });
});

describe('a link in another form', () => {
  const holds = (text: string, value: string) => knowing(says(text)).originOf(value, 'folded');

  test.each([
    ['see www.a.example', 'http://www.a.example'],
    ['see www.a.example', 'https://www.a.example/'],
    ['see https://www.a.example/x', 'www.a.example/x'],
    ['see http://a.example', 'http://a.example/'],
  ])('%j holds %j', (text, value) => expect(holds(text, value)).toBe('principal'));

  test.each([
    ['see https://a.example', 'http://a.example'],
    ['see http://a.example', 'https://a.example'],
    ['see a.example', 'ftp://a.example'],
    ['see a.example', 'https://a.example/x'],
    ['see a.example', 'https://eve@a.example'],
    ['see a.example/x', 'a.example/x/'],
    ['mail bob@a.example', 'https://a.example'],
    ['see a.example.org', 'https://a.example'],
  ])('%j does not hold %j', (text, value) => expect(holds(text, value)).toBe('untrusted'));

  test('is none of a path', () => {
    expect(knowing(says('take a.txt')).originOf('https://a.txt', 'exact')).toBe('untrusted');
  });
});
