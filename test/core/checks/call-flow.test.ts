import { describe, expect, test } from 'vitest';
import { MAX_SENSITIVE_VALUES } from '../../../src/core/checks/call-flow.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import type { Message } from '../../../src/core/conversation/message.ts';
import { flowRulesSchema } from '../../../src/core/policy/flow-rules.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { HeardValues } from '../../../src/core/provenance/heard-values.ts';
import { knowing, reads, says } from '../provenance/conversation.ts';
import { makeAuthority, makePlugin, makePolicy, makeTool, tryTool, UNTRUSTED } from './fixture.ts';

const source = (word: string, type = 'string') => ({ type, 'x-sallyport-source': word });

/** One argument of each kind, none of them required. */
const PAY = makeTool('pay', {
  inputSchema: {
    type: 'object',
    properties: {
      to: source('trusted'),
      password: source('principal'),
      amount: source('bounded', 'number'),
      count: source('attributed', 'number'),
      note: source('links'),
      page: source('attributed'),
      file: { ...source('trusted'), format: 'path' },
      list: { type: 'array', items: { type: 'string' }, 'x-sallyport-source': 'trusted' },
      map: {
        type: 'object',
        additionalProperties: { type: 'string' },
        'x-sallyport-source': 'trusted',
      },
      free: { type: 'string' },
    },
  },
});

const VOUCHED = reads({ id: 'acc-7', total: 1_000 }, 'trusted');

interface Circumstances {
  readonly heard?: readonly (Message | readonly Message[])[];
  readonly flow?: object;
  readonly context?: Partial<CheckContext>;
}

function decide(args: JsonObject, { heard = [], flow = {}, context }: Circumstances = {}) {
  const policy = makePolicy({ flow: flowRulesSchema.parse(flow) });
  const authority = makeAuthority({ plugins: [makePlugin('tried', [PAY])], policy });
  const values = knowing(...heard);
  const decided = tryTool(PAY, args, { authority, heard: values, label: UNTRUSTED, ...context });
  return decided.ok ? 'approved' : decided.error;
}

const asked = (pointer: string) => ({ check: 'sanitise', reason: 'approval_required', pointer });

describe('a sensitive argument in an untrusted turn', () => {
  test('needs a source, and says where it lacks one as far as names are declared', () => {
    expect(decide({ to: 'eve-1' })).toMatchObject(asked('/to'));
    expect(decide({ list: ['eve-1'] })).toMatchObject(asked('/list/0'));
    expect(decide({ map: { x: 'eve-1' } })).toMatchObject(asked('/map'));
    expect(decide({ free: 'eve-1' })).toBe('approved');
    expect(decide({ to: 'eve-1' }, { context: { label: PRINCIPAL_LABEL } })).toBe('approved');
  });

  test('may come from the principal, a constant, or where its mark says so a vouched field', () => {
    const heard = [says('use s3cret-word and bob-2'), VOUCHED];
    expect(decide({ to: 'bob-2', password: 's3cret-word' }, { heard })).toBe('approved');
    expect(decide({ to: 'acc-7' }, { heard })).toBe('approved');
    expect(decide({ password: 'acc-7' }, { heard })).toMatchObject(asked('/password'));
    expect(decide({ password: 'ACME-1', to: 'acme-1' }, { flow: { constants: ['Acme-1'] } })).toBe(
      'approved',
    );
  });

  test('is looked at leaf by leaf, with the names that nobody declared', () => {
    const heard = [says('to ann-1 and bob-2')];
    expect(decide({ list: ['ann-1', 'bob-2'] }, { heard })).toBe('approved');
    expect(decide({ list: ['ann-1', 'eve-1'] }, { heard })).toMatchObject(asked('/list/1'));
    expect(decide({ map: { 'ann-1': 'bob-2' } }, { heard })).toBe('approved');
    expect(decide({ map: { 'eve-1': 'bob-2' } }, { heard })).toMatchObject(asked('/map'));
  });

  test('that is a path keeps its case, and another does not', () => {
    const heard = [says('take /data/Report.csv')];
    expect(decide({ file: '/data/Report.csv' }, { heard })).toBe('approved');
    expect(decide({ file: '/data/report.csv' }, { heard })).toMatchObject(asked('/file'));
    expect(decide({ to: '/data/report.csv' }, { heard })).toBe('approved');
    const flow = { constants: ['/etc/Motd'] };
    expect(decide({ file: '/etc/Motd' }, { flow })).toBe('approved');
    expect(decide({ file: '/etc/motd' }, { flow })).toMatchObject(asked('/file'));
    expect(decide({ to: '/etc/motd' }, { flow })).toBe('approved');
  });

  test('that is a bounded number has no more digits than a trusted one', () => {
    const heard = [says('pay the rest'), VOUCHED];
    for (const amount of [0, 0.5, 999, 1_000, 9_999.5]) {
      expect(decide({ amount }, { heard })).toBe('approved');
    }
    for (const amount of [10_000, 1e21, -1]) {
      expect(decide({ amount }, { heard })).toMatchObject(asked('/amount'));
    }
    expect(decide({ amount: 1 })).toMatchObject(asked('/amount'));
    expect(decide({ count: 999 }, { heard })).toMatchObject(asked('/count'));
  });

  test('that is attributed stands in what an author has written whom the principal named', () => {
    const fields = { members: { by: 'author' } } as const;
    const heard = [says('what did Ann post?'), reads({ by: 'ann', text: 'a.example/x' }, fields)];
    expect(decide({ page: 'https://a.example/x' }, { heard })).toBe('approved');
    expect(decide({ page: 'https://a.example/y' }, { heard })).toMatchObject(asked('/page'));
    expect(decide({ to: 'a.example/x' }, { heard })).toMatchObject(asked('/to'));
    expect(decide({ note: 'see a.example/x' }, { heard })).toMatchObject(asked('/note'));
  });

  test('that is a text with links needs a source for each of them', () => {
    const heard = [says('see https://example.net/a')];
    const note = (text: string) => decide({ note: text }, { heard });
    expect(note('All is well, more at https://example.net/a.')).toBe('approved');
    for (const link of [
      'https://eve.example/a',
      'eve.example',
      'a@eve.example',
      'GB29NWBK60161331926819',
    ]) {
      expect(note(`More: ${link}`)).toMatchObject(asked('/note'));
    }
    const links = Array.from(
      { length: MAX_SENSITIVE_VALUES + 1 },
      (_, i) => `https://e.example/${i}`,
    );
    expect(note(links.join(' '))).toMatchObject(asked('/note'));
  });

  test(`is one of at most ${MAX_SENSITIVE_VALUES}`, () => {
    const heard = [says('to ann-1')];
    const list = (length: number) => Array(length).fill('ann-1');
    expect(decide({ list: list(MAX_SENSITIVE_VALUES) }, { heard })).toBe('approved');
    expect(decide({ list: list(MAX_SENSITIVE_VALUES + 1) }, { heard })).toMatchObject(
      asked('/list/0'),
    );
  });
});

describe('the rules', () => {
  test('deny, ask or allow what has no source, and the newest authority counts as well', () => {
    const denied = { check: 'sanitise', reason: 'flow_denied', pointer: '/to' };
    const deny = { flow: { untrustedArgument: 'deny' } };
    expect(decide({ to: 'eve-1' }, deny)).toMatchObject(denied);
    expect(decide({ to: 'eve-1' }, { flow: { untrustedArgument: 'allow' } })).toBe('approved');
    const policy = makePolicy({ flow: flowRulesSchema.parse(deny.flow) });
    const newest = makeAuthority({ plugins: [makePlugin('tried', [PAY])], policy });
    const allowedBefore = { flow: { untrustedArgument: 'allow' }, context: { newest } };
    expect(decide({ to: 'eve-1' }, allowedBefore)).toMatchObject(denied);
  });

  test('name no place where another rule is why', () => {
    const flow = { untrustedArgument: 'ask', change: { untrusted: { workspace: 'deny' } } };
    expect(decide({ to: 'eve-1' }, { flow })).toEqual({
      kind: 'denial',
      check: 'sanitise',
      reason: 'flow_denied',
    });
  });
});

describe('a mandate', () => {
  const tool = makeTool('drop', {
    mandate: ['drop*'],
    inputSchema: {
      type: 'object',
      properties: { file: source('trusted'), why: { type: 'string' } },
    },
  });
  const drop = (args: JsonObject, ...heard: (Message | readonly Message[])[]) => {
    const decided = tryTool(tool, args, { heard: knowing(...heard), label: UNTRUSTED });
    return decided.ok ? 'approved' : decided.error.reason;
  };
  const FILES = reads([{ id: 'f-1' }], { items: { members: { id: 'trusted' } } });

  test('is a word for it, beside something in the call that is trusted', () => {
    expect(drop({ file: 'f-1' }, says('Drop one'), FILES)).toBe('approved');
    expect(drop({ file: 'f-1' }, says('Show all'), FILES)).toBe('approval_required');
    expect(drop({ why: 'because' }, says('Drop one'), FILES)).toBe('approval_required');
    expect(drop({}, says('Drop one'))).toBe('approved');
  });

  test('counts a number in its bounds, and no blank', () => {
    const raise = makeTool('raise', {
      mandate: ['raise*'],
      inputSchema: {
        type: 'object',
        properties: {
          by: source('bounded', 'number'),
          page: source('attributed'),
          why: { type: 'string' },
        },
      },
    });
    const ask = (args: JsonObject, words = 'Raise it, at most to 500') =>
      tryTool(raise, args, { heard: knowing(says(words)), label: UNTRUSTED }).ok;
    expect(ask({ by: 700 })).toBe(true);
    expect(ask({ by: 7_000 })).toBe(false);
    expect(ask({ by: 700 }, 'Show it, at most 500')).toBe(false);
    expect(ask({ why: 'so', by: 700 })).toBe(true);
    expect(ask({ why: 'so', page: ' ' })).toBe(false);
  });

  test('counts what an author has written whom the principal named', () => {
    const open = makeTool('open', {
      mandate: ['read*'],
      inputSchema: { type: 'object', properties: { page: source('attributed') } },
    });
    const fields = { members: { by: 'author' } } as const;
    const ask = (words: string) => {
      const heard = knowing(says(words), reads({ by: 'ann', text: 'a.example' }, fields));
      return tryTool(open, { page: 'a.example' }, { heard, label: UNTRUSTED }).ok;
    };
    expect(ask('Read what Ann posted')).toBe(true);
    expect(ask('What has Ann posted?')).toBe(false);
    expect(ask('Read what was posted')).toBe(false);
  });

  test('or the name of all that it is about, which a figure is not', () => {
    expect(drop({ file: 'plan.txt' }, says('plan.txt, please'))).toBe('approved');
    expect(drop({ file: '7' }, says('Wait 7 times'))).toBe('approval_required');
    expect(drop({ why: 'please' }, says('please'))).toBe('approval_required');
  });

  test('is of the message that is answered, and needed only once an outsider has spoken', () => {
    expect(drop({ file: 'f-1' }, says('Drop one'), FILES, says('And now?'))).toBe(
      'approval_required',
    );
    const trusted = { heard: new HeardValues([says('Show all')]), label: PRINCIPAL_LABEL };
    expect(tryTool(tool, { file: 'f-1' }, trusted).ok).toBe(true);
  });
});
