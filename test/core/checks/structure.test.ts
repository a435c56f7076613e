import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import { MAX_CALL_ID_LENGTH, MAX_NAME_LENGTH } from '../../../src/core/checks/structure.ts';
import { makeContext, makeTool, propose, tryTool } from './fixture.ts';

function denialOfEnvelope(name: string, modelCallId: string) {
  const approved = approveCall({ ...propose(name), modelCallId }, makeContext());
  return approved.ok ? undefined : approved.error;
}

const MALFORMED = { kind: 'denial', check: 'structure', reason: 'malformed_envelope' };

describe('check 2: structure', () => {
  test.each(['', 'a\nb', 'a\0', 'a\u0085b', 'text\ud800'])('refuses the name %j', (name) => {
    expect(denialOfEnvelope(name, 'a')).toEqual(MALFORMED);
  });

  test.each(['', 'a\rb', '\u001b[2J', '\udc00'])('refuses the call id %j', (id) => {
    expect(denialOfEnvelope('text-stats', id)).toEqual(MALFORMED);
  });

  test('takes names and ids of exactly the greatest length', () => {
    const longest = 'n'.repeat(MAX_NAME_LENGTH);
    expect(denialOfEnvelope(longest, 'a')).toMatchObject({ reason: 'unknown_tool' });
    expect(denialOfEnvelope(`${longest}n`, 'a')).toEqual(MALFORMED);

    const longestId = 'i'.repeat(MAX_CALL_ID_LENGTH);
    expect(denialOfEnvelope('nobody', longestId)).toMatchObject({ reason: 'unknown_tool' });
    expect(denialOfEnvelope('nobody', `${longestId}i`)).toEqual(MALFORMED);
  });

  test('asks the schema of exactly that name, so an unknown name is left to check 3', () => {
    expect(denialOfEnvelope('Text-Stats', 'a')).toMatchObject({ check: 'registry' });
  });

  test('takes a tool of another plugin than the one that was meant for none', () => {
    const context = makeContext();
    const { name: plugin, tools } = context.authority.plugins[0]!;
    const call = propose(tools[0]!.name, { text: 'a' });
    expect(approveCall({ ...call, plugin }, context)).toEqual(approveCall(call, context));
    const other = approveCall({ ...call, plugin: `${plugin}s` }, context);
    expect(other).toMatchObject({
      ok: false,
      error: { check: 'registry', reason: 'unknown_tool' },
    });
  });

  const SIZED = makeTool('sized', {
    inputSchema: {
      type: 'object',
      properties: { count: { type: 'integer' }, within: { type: 'object' } },
      required: ['count'],
    },
  });

  test.each([
    [{ count: '1' }, '/count'],
    [{ count: 1.5 }, '/count'],
    [{}, ''],
    [{ count: 1, more: true }, ''],
  ])('refuses %j, coerces nothing, and says where', (args, pointer) => {
    expect(tryTool(SIZED, args)).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'structure', reason: 'schema_mismatch', pointer },
    });
  });

  test('takes what the schema describes', () => {
    expect(tryTool(SIZED, { count: 1 }).ok).toBe(true);
  });

  test('never names in its pointer what only the model wrote', () => {
    const denied = tryTool(SIZED, { count: 1, 'ghp_secret/name': true });
    expect(JSON.stringify(denied)).not.toContain('ghp_secret');
  });

  test('refuses a schema that was never admitted', () => {
    const hostile = makeTool('hostile', {
      inputSchema: { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } },
    });
    expect(tryTool(hostile, { a: 'a' })).toMatchObject({ error: { reason: 'schema_unusable' } });
  });
});
