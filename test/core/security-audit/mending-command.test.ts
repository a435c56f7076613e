import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { auditDeployment } from '../../../src/core/security-audit/audit-deployment.ts';
import {
  changeMember,
  changePolicy,
  replaceTokens,
  takeAway,
  updateOf,
} from '../../../src/core/security-audit/mending-command.ts';
import { CLEAN, NOW } from './support/clean-facts.ts';

const hasJq = spawnSync('jq', ['--version']).status === 0;

/** What a command sends, if `call` answers this workspace to the first, and prints what it is given. */
function sentBy(command: string, workspace: object): unknown {
  const call = 'call() { if [ "$1" = -X ]; then cat; else printf %s "$WORKSPACE"; fi; }';
  const env = { ...process.env, WORKSPACE: JSON.stringify(workspace), URL: 'http://x' };
  return JSON.parse(execFileSync('bash', ['-c', `${call}; ${command}`], { env, encoding: 'utf8' }));
}

describe('commands that mend', () => {
  test('replace tokens by one with less, or by none', () => {
    expect(replaceTokens('service:bot', ['tool:call:a'], ['tok_1', 'tok_2'])).toBe(
      `call "$URL/v1/tokens" -d '{"subject":{"kind":"service","id":"bot"},"grants":["tool:call:a"]}'; call -X DELETE "$URL/v1/tokens/tok_1"; call -X DELETE "$URL/v1/tokens/tok_2"`,
    );
    expect(replaceTokens('service:bot', [], ['tok_1'])).toBe(
      'call -X DELETE "$URL/v1/tokens/tok_1"',
    );
  });

  test.skipIf(!hasJq)('change what they name of a policy, and nothing else', () => {
    const policy = {
      allow: ['tool:exec', 'tool:exec:*', 'session:*'],
      privateHosts: ['10.0.0.1:80'],
    };
    const command = changePolicy('default', takeAway('.allow', ['tool:exec']));
    expect(sentBy(command, { revision: 7, policy, members: [] })).toEqual({
      policy: { ...policy, allow: ['session:*'] },
      ifRevision: 7,
    });
  });

  test.skipIf(!hasJq)('change the member that they name, and no other', () => {
    const alice = { id: 'alice', grants: ['tool:exec', 'tool:exec:*', 'session:read'] };
    const bob = { ...alice, id: 'bob' };
    const command = changeMember('default', 'alice', takeAway('.grants', ['tool:exec']));
    expect(sentBy(command, { revision: 7, members: [alice, bob] })).toEqual({
      members: [{ id: 'alice', grants: ['session:read'] }, bob],
      ifRevision: 7,
    });
  });

  test.skipIf(!hasJq)('change one issuer', () => {
    const change = `.signIn.issuers |= ${updateOf('name', 'corp', '.admits = "members"')}`;
    const issuers = [{ name: 'corp' }, { name: 'other' }];
    expect(
      sentBy(changePolicy('default', change), { revision: 1, policy: { signIn: { issuers } } }),
    ).toEqual({
      policy: { signIn: { issuers: [{ name: 'corp', admits: 'members' }, { name: 'other' }] } },
      ifRevision: 1,
    });
  });

  test('keep what else a token and a node may do', () => {
    const [token] = CLEAN.tokens;
    const [node] = CLEAN.nodes ?? [];
    const findings = auditDeployment({
      ...CLEAN,
      now: NOW,
      tokens: [{ ...token!, grants: ['tool:exec', 'tool:exec:*', 'tool:call:text-stats'] }],
      nodes: [
        { ...node!, allow: ['tool:exec', 'tool:call:text-stats'], deny: ['tool:exec:shell'] },
      ],
    });
    const commandOf = (id: string) => findings.find((finding) => finding.id === id)?.command;
    expect(commandOf('grant-wide')).toContain('"grants":["tool:call:text-stats"]}');
    expect(commandOf('node-wide')).toBe(
      `call -X PUT "$URL/v1/nodes/nod_1/ceiling" -d '{"allow":["tool:call:text-stats"],"deny":["tool:exec:shell"]}' # with the resources that it needs added`,
    );
  });
});
