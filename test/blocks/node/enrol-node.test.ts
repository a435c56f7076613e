import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { approveNode, enrolNode } from '../../../src/blocks/node/enrol-node.ts';
import { MAX_NODES } from '../../../src/blocks/node/node-store.ts';
import { THINNING_MS } from '../../../src/blocks/node/thinned-refusals.ts';
import { enrolmentText } from '../../../src/core/executor-protocol/handshake.ts';
import type { NodeId } from '../../../src/core/primitives/ids.ts';
import { type TestedNodes, withNodes } from './support/parts.ts';

const ACTOR = { name: 'user:root', requestId: 'req_1' };
const EXPIRES_AT = 1_600_000;
const CODE = 'the-code';

const approve = (nodes: TestedNodes, id: string) =>
  typeof approveAs(nodes, id, ACTOR.name) !== 'string';

/** By its name nobody but root is an operator. */
const approveAs = ({ parts }: TestedNodes, id: string, name: string) =>
  approveNode(
    parts,
    { ...ACTOR, name },
    {
      isOperator: name === ACTOR.name,
      id: id as NodeId,
      name: id,
      ceiling: { allow: [], deny: [] },
      codeHash: sha256Hex(CODE),
      expiresAt: EXPIRES_AT,
    },
  );

const enrol = ({ parts }: TestedNodes, id: string, code = CODE) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const text = enrolmentText(code, key);
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64url');
  const codeHash = sha256Hex(code);
  const enrolled = enrolNode(parts, {
    ...{ id: id as NodeId, code, codeHash, publicKey: key, signature },
    requestId: 'req_2',
  });
  return enrolled.ok ? enrolled.value.name : enrolled.error;
};

it('a code binds one key, once, and until it expires', async () => {
  await withNodes('codes', (nodes) => {
    for (const id of ['a', 'b', 'c']) expect(approve(nodes, id)).toBe(true);
    nodes.setNow(EXPIRES_AT - 1);
    expect(enrol(nodes, 'a', 'another')).toBe('code_refused');
    expect(enrol(nodes, 'a')).toBe('a');
    expect(enrol(nodes, 'a')).toBe('code_refused');
    nodes.setNow(EXPIRES_AT);
    expect(enrol(nodes, 'b')).toBe('code_refused');
    expect(enrol(nodes, 'nobody')).toBe('code_refused');
    expect(nodes.recorded).toContain('node-enrolled');
    // Of "a" twice within a moment, of which one stands for both.
    expect(nodes.recorded.filter((line) => line === 'node-refused code_refused')).toHaveLength(3);
  });
});

it('a flood of codes that are refused is a record now and then, which says how many there were', async () => {
  await withNodes('flood', (nodes) => {
    for (const id of ['a', 'b']) approve(nodes, id);
    for (let attempt = 0; attempt < 50; attempt++) enrol(nodes, 'a', 'another');
    enrol(nodes, 'b', 'another');
    const refused = () => nodes.recorded.filter((line) => line.startsWith('node-refused'));
    expect(refused()).toEqual(['node-refused code_refused', 'node-refused code_refused']);
    nodes.setNow(nodes.parts.now() + THINNING_MS);
    enrol(nodes, 'a', 'another');
    expect(refused().at(-1)).toBe('node-refused code_refused 50');
    expect(enrol(nodes, 'a')).toBe('a');
  });
});

it('a workspace has so many nodes and no more; codes that nobody redeemed make room', async () => {
  await withNodes('many', (nodes) => {
    for (let node = 1; node <= MAX_NODES; node++) expect(approve(nodes, `n${node}`)).toBe(true);
    expect(approve(nodes, 'n1')).toBe(true);
    expect(approve(nodes, 'beyond')).toBe(false);
    expect(enrol(nodes, 'n1')).toBe('n1');
    nodes.setNow(EXPIRES_AT);
    expect(approve(nodes, 'late')).toBe(true);
    expect(nodes.parts.nodes.all().map(({ id }) => id)).toEqual(['n1', 'late']);
  });
});

it('who could not change the policy has half of the nodes, and leaves the others to the others', async () => {
  await withNodes('shares', (nodes) => {
    const states = Array.from({ length: MAX_NODES / 2 + 1 }, (_, at) =>
      approveAs(nodes, `a${at}`, 'user:ann'),
    );
    expect(states.indexOf('principal-is-full')).toBe(MAX_NODES / 2);
    for (let node = 1; node <= MAX_NODES / 2; node++) {
      expect(approveAs(nodes, `b${node}`, 'user:bob')).toMatchObject({ approvedBy: 'user:bob' });
    }
    expect(approveAs(nodes, 'c', 'user:cleo')).toBe('workspace-is-full');
    expect(approveAs(nodes, 'r', ACTOR.name)).toBe('workspace-is-full');
  });
});
