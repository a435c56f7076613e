import { describe, expect, test } from 'vitest';
import { readNodeTicket } from '../../../src/core/executor-protocol/node-ticket-claims.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../src/core/manifest/executor-limits.ts';

const HASH = '0a'.repeat(32);
const RULES = { allow: ['tool:file:read:/*'], deny: [] };

const EXECUTOR = {
  ...{ entry: 'run', principal: 'user:ann', capabilities: ['tool:call:grep'], granted: RULES },
  limits: DEFAULT_EXECUTOR_LIMITS,
};
const CALL = {
  ...{ workspace: 'acme', session: 'ses_1', callKey: 'k'.repeat(128), tool: 'grep' },
  ...{ plugin: 'files', pluginVersion: '1.0.0', codeHash: HASH, argumentHash: HASH },
  ...{ tier: 'process', executor: EXECUTOR },
  label: { integrity: 'untrusted', confidentiality: 'secret' },
  ...{ revision: 0, epoch: 0, deadlineAt: 0 },
};
const PAYLOAD = { jti: '0a'.repeat(16), aud: 'node_1', iat: 0, exp: 0, call: CALL, ceiling: RULES };

const withCall = (changes: object) => ({ ...PAYLOAD, call: { ...CALL, ...changes } });
const withExecutor = (changes: object) => withCall({ executor: { ...EXECUTOR, ...changes } });

describe('readNodeTicket()', () => {
  test.each([
    ['as little as it may', PAYLOAD],
    ['the other tier', withCall({ tier: 'container' })],
    ['another label', withCall({ label: { integrity: 'trusted', confidentiality: 'public' } })],
    ['settings', withExecutor({ configHash: HASH })],
    ['the longest name', withCall({ tool: 't'.repeat(256) })],
    ['the longest list of rules', { ...PAYLOAD, ceiling: { allow: [], deny: rules(256) } }],
  ])('reads one that says %s', (_, payload) => {
    const { jti, aud, iat, exp, call, ceiling } = payload;
    const read = { id: jti, audience: aud, issuedAt: iat, expiresAt: exp, call, ceiling };
    expect(readNodeTicket(payload)).toEqual(read);
  });

  test.each<[string, unknown]>([
    ['nothing', null],
    ['more than it may', { ...PAYLOAD, sub: 'root' }],
    ['more of the call', withCall({ sudo: true })],
    ['more of its run', withExecutor({ root: true })],
    ['more of its limits', withExecutor({ limits: { ...DEFAULT_EXECUTOR_LIMITS, gpu: 1 } })],
    ['more of its rules', { ...PAYLOAD, ceiling: { ...RULES, ask: [] } }],
    ['more of its label', withCall({ label: { ...CALL.label, by: 'me' } })],
    ['a label of neither kind', withCall({ label: { ...CALL.label, integrity: 'vouched' } })],
    ['a longer id', { ...PAYLOAD, jti: `${PAYLOAD.jti}0` }],
    ['an id behind words', { ...PAYLOAD, jti: `x ${PAYLOAD.jti}` }],
    ['a shorter hash', withCall({ codeHash: HASH.slice(1) })],
    ['a hash behind words', withCall({ argumentHash: `x ${HASH}` })],
    ['no tool', withCall({ tool: '' })],
    ['a longer name', withCall({ plugin: 'p'.repeat(257) })],
    ['no call', withCall({ callKey: '' })],
    ['a longer call', withCall({ callKey: 'k'.repeat(129) })],
    ['a tier of the gateway', withCall({ tier: 'wasm' })],
    ['a time before all time', { ...PAYLOAD, iat: -1 }],
    ['an end before all time', { ...PAYLOAD, exp: -1 }],
    ['an epoch before the first', withCall({ epoch: -1 })],
    ['half a second', { ...PAYLOAD, exp: 0.5 }],
    ['a pattern for a capability', withExecutor({ capabilities: ['tool:file:read:/*'] })],
    ['a capability that is none', withExecutor({ capabilities: ['tool::read'] })],
    ['a rule that is none', withExecutor({ granted: { allow: ['tool::read'], deny: [] } })],
    ['too many rules', { ...PAYLOAD, ceiling: { allow: [], deny: rules(257) } }],
    ['too many capabilities', withExecutor({ capabilities: Array(2_049).fill('tool:exec:/a') })],
  ])('refuses one that says %s', (_, payload) => {
    expect(readNodeTicket(payload)).toBeUndefined();
  });
});

function rules(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `tool:file:read:/${index}`);
}
