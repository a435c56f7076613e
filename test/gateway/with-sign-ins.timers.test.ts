import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openVault } from '../../src/blocks/vault/vault-client.ts';
import type { PluginDescription } from '../../src/blocks/workspace/workspace-api.ts';
import type { WorkspaceId } from '../../src/core/primitives/ids.ts';
import { withSignIn, withSignInIfKnown } from '../../src/gateway/with-sign-ins.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const silence = () => new Promise<never>(() => {});
const env = { VAULTS: { getByName: () => ({ signIns: silence, values: silence }) } };
const asking = {
  ...{ env, caller: { principal: { kind: 'user', id: 'ann', workspace: 'acme' } } },
} as unknown as Parameters<typeof withSignIn>[0];
const mail = {
  ...{ name: 'mail', state: 'running', signsIn: { holder: 'principal' } },
} as unknown as PluginDescription;

test('a vault that never answers holds no answer to a change, and ends what needs it', async () => {
  const changed = withSignInIfKnown(asking, mail);
  const asked = withSignIn(asking, mail).catch(String);
  const vault = openVault(asking.env, 'acme' as WorkspaceId);
  const looked = vault.values(undefined).catch(String);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await changed).toEqual({ name: 'mail', state: 'running' });
  expect(await asked).toBe('Fault: Cannot go on: the vault must answer');
  expect(await looked).toBe(await asked);
});
