/** Which calls of a node are given secrets, and that nobody but the node can read them. */

import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/blocks/kit/keys.ts';
import type { ChosenNode, NodeApi, NodeCall } from '../../src/blocks/node/node-api.ts';
import { ARGUMENT_LIMITS } from '../../src/core/checks/parse.ts';
import { MAX_TICKET_CHARS } from '../../src/core/executor-protocol/frames.ts';
import { parseJson } from '../../src/core/primitives/parse-json.ts';
import { err, ok } from '../../src/core/primitives/result.ts';
import { createExecutorTierRunner } from '../../src/tiers/executor/executor-tier-runner.ts';
import type { SecretSource } from '../../src/tiers/executor/secret-source.ts';
import type { TierJob } from '../../src/tiers/tier-runner.ts';

const NODE = 'node_a';
const VALUE = 'value-of-the-secret';
const DONE = { kind: 'ok', output: '', cost: { durationMs: 0 } } as const;

const own = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
const { x: OWN_KEY = '' } = await exportJWK(own.publicKey);
const chosen = (change: Partial<ChosenNode> = {}): ChosenNode => ({
  node: NODE,
  ceiling: { allow: [], deny: [] },
  ceilingVersion: 1,
  sealingKey: OWN_KEY,
  ...change,
});

/** Asks to be signed for, first of all; keeps what it was sent. */
function nodesThat(want: ChosenNode) {
  const calls: NodeCall[] = [];
  const run = async (call: NodeCall) => {
    calls.push(call);
    const isFine = call.signed?.ceilingVersion === want.ceilingVersion;
    return isFine ? { kind: 'outcome', outcome: DONE } : { kind: 'sign-for', ...want };
  };
  return { calls, api: { run } as unknown as NodeApi };
}

let count = 0;

/** Of a plugin that no other test has called. */
function jobWith(config: TierJob['config']): TierJob {
  count += 1;
  return {
    claims: { workspace: 'acme', plugin: `p${count}`, codeHash: 'c', callKey: 'turn_1/0/0' },
    canonicalArguments: {},
    ticketForNode: (node: string) => `ticket for ${node}`,
    config,
  } as unknown as TierJob;
}

const SECRET = { key: { secret: 'api-key' } };
const NEVER = new AbortController().signal;
const lends: SecretSource = async () =>
  ok([{ setting: 'key', name: 'api-key', value: VALUE, hosts: ['a.example:443'] }]);

describe('createExecutorTierRunner()', () => {
  test('seals secrets for the node that the block has named, under the ticket', async () => {
    const { calls, api } = nodesThat(chosen());
    expect(await createExecutorTierRunner(api, lends).run(jobWith(SECRET), NEVER)).toEqual(DONE);
    const [asked, sent] = calls;
    expect([asked?.secrets, asked?.signed]).toEqual([['api-key'], undefined]);
    expect(JSON.stringify(calls)).not.toContain(VALUE);
    const { ticket = '', sealedSecrets = '' } = sent?.signed ?? {};
    const { plaintext, protectedHeader } = await compactDecrypt(sealedSecrets, own.privateKey);
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual([
      { setting: 'key', name: 'api-key', value: VALUE, hosts: ['a.example:443'] },
    ]);
    expect(protectedHeader.tkt).toBe(sha256Hex(ticket));
  });

  test('sends nothing where the vault, or the session, says no', async () => {
    const { calls, api } = nodesThat(chosen());
    const runner = createExecutorTierRunner(api, async () => err('host_denied'));
    const refused = await runner.run(jobWith(SECRET), NEVER);
    expect(refused).toMatchObject({ kind: 'failed', reason: 'host_denied' });
    expect(calls.map(({ signed }) => signed)).toEqual([undefined]);
  });

  test('sends nothing to a node that has no key for it', async () => {
    const { sealingKey: _, ...without } = chosen();
    const { calls, api } = nodesThat(without);
    const refused = await createExecutorTierRunner(api, lends).run(jobWith(SECRET), NEVER);
    expect(refused).toMatchObject({ kind: 'failed', reason: 'tier_unavailable' });
    expect(calls.map(({ signed }) => signed)).toEqual([undefined]);
  });

  test('sends no ticket that is longer than a machine reads', async () => {
    const none: SecretSource = async () => ok([]);
    const answerTo = (length: number) => {
      const ticketForNode = () => 'x'.repeat(length);
      const { api } = nodesThat(chosen());
      const job = { ...jobWith({ key: 'plain' }), ticketForNode };
      return createExecutorTierRunner(api, none).run(job, NEVER);
    };
    expect(await answerTo(MAX_TICKET_CHARS)).toEqual(DONE);
    const refused = await answerTo(MAX_TICKET_CHARS + 1);
    expect(refused).toMatchObject({ kind: 'failed', reason: 'ticket_refused' });
  });

  test('sends no arguments that are longer than a machine reads, however short they were written', async () => {
    const written = `{"list":[${Array(50_000).fill('1e20').join(',')}]}`;
    expect(parseJson(written, ARGUMENT_LIMITS).ok).toBe(true);
    const { api, calls } = nodesThat(chosen());
    const job = { ...jobWith({}), canonicalArguments: JSON.parse(written) };
    const refused = await createExecutorTierRunner(api, async () => ok([])).run(job, NEVER);
    expect(refused).toMatchObject({ kind: 'failed', reason: 'ticket_refused' });
    expect(calls).toEqual([]);
  });

  test('signs again when the ceiling of the node has changed since', async () => {
    const job = jobWith({ key: 'plain' });
    const none: SecretSource = async () => ok([]);
    const before = nodesThat(chosen());
    await createExecutorTierRunner(before.api, none).run(job, NEVER);
    const after = nodesThat(chosen({ ceilingVersion: 2 }));
    expect(await createExecutorTierRunner(after.api, none).run(job, NEVER)).toEqual(DONE);
    expect(after.calls.map(({ signed }) => signed?.ceilingVersion)).toEqual([1, 2]);
  });
});
