import { describe, expect, test } from 'vitest';
import type { PluginDescription } from '../../src/blocks/workspace/workspace-api.ts';
import { withSignIn, withSignInIfKnown } from '../../src/gateway/with-sign-ins.ts';

type Asking = Parameters<typeof withSignIn>[0];

/** Of somebody whose workspace has a vault that answers so. */
const asking = (signIns: () => Promise<readonly object[]>) =>
  ({
    env: { VAULTS: { getByName: () => ({ signIns }) } },
    caller: { principal: { kind: 'user', id: 'ann', workspace: 'acme' } },
  }) as unknown as Asking;

const remote = (holder: string) =>
  ({ name: 'mail', state: 'quarantined', signsIn: { holder } }) as unknown as PluginDescription;

describe('withSignInIfKnown()', () => {
  test('shows how it stands with who asks', async () => {
    const shown = await withSignInIfKnown(
      asking(async () => []),
      remote('principal'),
    );
    expect(shown).toEqual({
      ...{ name: 'mail', state: 'quarantined' },
      signIn: { holder: 'user:ann', state: 'needed' },
    });
  });

  test('tells what was done also where the vault cannot be read, as a mere question does not', async () => {
    const broken = asking(() => Promise.reject(new Error('lost')));
    const shown = await withSignInIfKnown(broken, remote('principal'));
    expect(shown).toEqual({ name: 'mail', state: 'quarantined' });
    await expect(withSignIn(broken, remote('principal'))).rejects.toThrow('lost');
  });
});
