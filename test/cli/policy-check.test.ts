import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_APPROVAL_POLICY } from '../../src/core/policy/approval-policy.ts';
import { DEFAULT_FLOW_RULES } from '../../src/core/policy/flow-rules.ts';
import { runCommand, temporaryFolder } from './support/run-command.ts';

const CARELESS = {
  ...DEFAULT_FLOW_RULES,
  send: { untrusted: { secret: 'allow' } },
};

const workspace = (flow: object = CARELESS) => ({
  policy: { allow: ['tool:*', 'block:*'], deny: [], flow, approvals: DEFAULT_APPROVAL_POLICY },
  plugins: [],
  principals: [
    { name: 'user:alice', grants: ['block:spawn', 'tool:file:read', 'tool:network:http'] },
    { name: 'user:bob', grants: ['block:spawn', 'tool:file:read'] },
  ],
});

const check = (value: object, ...options: string[]) => {
  const file = join(temporaryFolder(), 'export.json');
  writeFileSync(file, JSON.stringify(value));
  return runCommand('policy', 'check', file, ...options);
};

describe('policy check', () => {
  test('prints the way of each principal that has one, and exits with 1', async () => {
    const { exit, out } = await check(workspace());
    expect(exit).toBe(1);
    expect(out).toContain('user:alice');
    expect(out).toContain('1. block CAP_FILE_READ (untrusted, secret)');
    expect(out).toContain('2. block CAP_HTTP (untrusted, secret)');
    expect(out).not.toContain('user:bob');
  });

  test('says for whom there is none, and exits with 0', async () => {
    const { exit, out } = await check(workspace(DEFAULT_FLOW_RULES));
    expect({ exit, out }).toEqual({
      exit: 0,
      out: 'There is no such way, for 2 principals, 0 tools and every bit\n',
    });
  });

  test('names what is excepted for single arguments, which no way shows, and is no finding', async () => {
    const flow = { ...DEFAULT_FLOW_RULES, declassifiers: ['classify'], handleArgument: 'ask' };
    const { exit, out } = await check(workspace(flow));
    expect(exit).toBe(0);
    expect(out).toContain('flow.declassifiers: What these tools answer');
    expect(out).toContain('classify\n');
    expect(out).toContain('flow.handleArgument: ');
    const { exceptions } = JSON.parse((await check(workspace(flow), '--json')).out);
    expect(exceptions).toMatchObject([
      { rule: 'declassifiers', is: ['classify'] },
      { rule: 'handleArgument', is: ['ask'] },
    ]);
  });

  test('answers programs', async () => {
    const { out } = await check(workspace(), '--json');
    expect(JSON.parse(out).leaks).toMatchObject([{ principal: 'user:alice' }]);
  });

  test.each([
    ['nothing', {}],
    ['no flow rules', { ...workspace(), policy: { allow: [], deny: [] } }],
    [
      'a capability that does not exist',
      { ...workspace(), principals: [{ name: 'a', grants: ['x:y'] }] },
    ],
  ])('refuses an export with %s: what is not known is not proved', async (_, value) => {
    const { exit, out } = await check(value);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
  });
});
