/**
 * Secrets that come with a call: a gateway that sends those of another call, more than the settings
 * name, or what the owner of this machine does not allow; and a plugin that gives away what it was
 * given.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseReceipt } from '../../../src/core/executor-protocol/executor-receipt.ts';
import type { CallSecret } from '../../../src/core/executor-protocol/sealed-secrets.ts';
import type { JobEnd } from '../../../src/executor/job.ts';
import { sealSecrets } from '../../../src/tiers/executor/seal-secrets.ts';
import {
  makeCall,
  type OfferedCall,
  openScene,
  type Scene,
  type TicketChanges,
} from '../../executor/support/desk.ts';

const VALUE = 'value-of-the-secret';
const POLICY = 'secrets = ["api-key"]';
const SECRET: CallSecret = {
  setting: 'key',
  name: 'api-key',
  value: VALUE,
  hosts: ['a.example:443'],
};
const CONFIG = { key: { secret: 'api-key' } };

let scene: Scene;
let said: JobEnd;

beforeEach(async () => {
  said = { outcome: 'ok', output: 'ran', truncated: false };
  scene = await openScene({ policy: POLICY, run: async () => said });
});
afterEach(() => scene.dispose());

interface Sealed {
  readonly secrets?: readonly CallSecret[];
  readonly key?: string;
  readonly ticket?: string;
  readonly changes?: TicketChanges;
}

async function callWith({
  secrets = [SECRET],
  key = scene.sealingKey,
  ticket,
  changes,
}: Sealed = {}): Promise<OfferedCall> {
  const call = await makeCall(scene.gateway, { config: CONFIG, ...changes });
  return { ...call, secrets: await sealSecrets(secrets, key, ticket ?? call.ticket) };
}

describe('a call whose settings name a secret', () => {
  test('is given it', async () => {
    expect(await scene.offer(await callWith())).toBe('ok');
    expect(scene.jobs[0]?.secrets).toEqual([{ ...SECRET, delivery: { as: 'file' } }]);
  });

  test.each<[string, () => Promise<OfferedCall>, string]>([
    ['of another ticket', () => callWith({ ticket: 'another ticket' }), 'ticket_refused'],
    [
      'for another machine',
      async () => {
        const other = await openScene();
        const call = await callWith({ key: other.sealingKey });
        other.dispose();
        return call;
      },
      'ticket_refused',
    ],
    [
      'of another name than the settings have',
      () => callWith({ secrets: [{ ...SECRET, name: 'other-key' }] }),
      'ticket_refused',
    ],
    [
      'for another setting',
      () => callWith({ secrets: [{ ...SECRET, setting: 'header' }] }),
      'ticket_refused',
    ],
    [
      'and more than the settings name',
      () => callWith({ secrets: [SECRET, { ...SECRET, setting: 'header' }] }),
      'ticket_refused',
    ],
    ['and in the end none', () => callWith({ secrets: [] }), 'ticket_refused'],
    [
      'in the clear',
      async () => ({ ...(await callWith()), secrets: JSON.stringify([SECRET]) }),
      'ticket_refused',
    ],
    [
      'that nobody has asked for',
      () => callWith({ changes: { config: { key: 'plain' } } }),
      'ticket_refused',
    ],
    ['that is not sent', () => makeCall(scene.gateway, { config: CONFIG }), 'tier_unavailable'],
    [
      'for a setting of which the plugin does not say how it takes it',
      () =>
        callWith({
          secrets: [{ ...SECRET, setting: 'third' }],
          changes: { config: { third: { secret: 'api-key' } } },
        }),
      'tier_unavailable',
    ],
    [
      'that the owner of the machine does not name',
      () =>
        callWith({
          secrets: [{ ...SECRET, name: 'root-key' }],
          changes: { config: { key: { secret: 'root-key' } } },
        }),
      'node_policy_denied',
    ],
    [
      'beyond the ceiling of the node',
      () => callWith({ changes: { ceiling: ['tool:call:*'] } }),
      'node_policy_denied',
    ],
    [
      'that its principal may not use',
      () => callWith({ changes: { executor: { granted: { allow: ['tool:call:*'], deny: [] } } } }),
      'node_policy_denied',
    ],
    [
      'that would end a header and begin another',
      () =>
        callWith({
          secrets: [{ ...SECRET, setting: 'header', value: 'line\r\nX-Injected: yes' }],
          changes: { config: { header: { secret: 'api-key' } } },
        }),
      'host_denied',
    ],
  ])('is not run with one %s', async (_, makeIt, outcome) => {
    expect(await scene.offer(await makeIt())).toBe(outcome);
    expect(scene.jobs).toEqual([]);
  });
});

describe('a plugin that gives its secret away', () => {
  const endOf = async (end: Partial<JobEnd>) => {
    said = { ...said, ...end } as JobEnd;
    await scene.offer(await callWith());
    return scene.answers[0];
  };

  test('is answered for without it, and the receipt is about what is answered', async () => {
    const end = await endOf({ output: `it is ${VALUE}, ${Buffer.from(VALUE).toString('hex')}` });
    expect(end?.output).toBe('it is [secret], [secret]');
    expect(parseReceipt(end?.receipt ?? '')?.outputBytes).toBe('it is [secret], [secret]'.length);
    const again = await scene.reborn();
    again.desk.recall(end?.callKey ?? '');
    expect(again.answers[0]?.output).toBe('it is [secret], [secret]');
    scene = again;
  });

  test('is logged without it, also where the log was cut in the middle of it', async () => {
    await endOf({ log: `said ${VALUE} and ${VALUE.slice(0, -4)}` });
    expect(scene.logs[0]?.stderr).toBe('said [secret] and ');
  });

  test('is not believed where it cannot be looked through', async () => {
    let deep = VALUE;
    for (let layer = 0; layer < 6; layer++) deep = Buffer.from(deep).toString('base64');
    const end = await endOf({ output: deep });
    expect(end?.output).toBeUndefined();
    expect(parseReceipt(end?.receipt ?? '')?.outcome).toBe('plugin_error');
  });
});
