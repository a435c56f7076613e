import { describe, expect, it } from 'vitest';
import type { RegisteredPlugin } from '../../../src/core/manifest/registered-plugin.ts';
import { LOWEST_LABEL } from '../../../src/core/policy/labels.ts';
import { crashLongAgo } from './support/crash.ts';
import { toReply } from './support/scripted-run.ts';
import { openFixture, toAuthority, WEB_PLUGIN } from './support/session-fixture.ts';

/** Version 2 took over at revision 4. */
const UPGRADED: RegisteredPlugin[] = [
  { ...WEB_PLUGIN, version: '2.0.0', allow: [], sinceRevision: 4 },
  { ...WEB_PLUGIN, state: 'draining', sinceRevision: 1, untilRevision: 4 },
  { ...WEB_PLUGIN, name: 'late', sinceRevision: 3 },
];

const HOST_CALL = {
  capability: 'tool:network:http:api.example.com:443',
  outward: true,
  privateAddress: false,
  read: LOWEST_LABEL,
};

/** A turn that began at revision 1, with one call to decide, when the upgrade came. */
async function upgraded(plugins = UPGRADED) {
  const fixture = openFixture();
  const first = await fixture.begin();
  await first.commit([toReply(0, ['fetch'])]);
  fixture.script.authority = toAuthority(fixture.principal, { revision: 5, plugins });
  await fixture.client.authorityChanged(5);
  return { fixture, first };
}

describe('a turn that began before an upgrade', () => {
  it('keeps the version that it began with, however often its run is lost', async () => {
    const { fixture } = await upgraded();
    const kept = [{ name: 'web', version: '1.0.0', state: 'running' }];
    for (const life of [1, 2]) {
      await crashLongAgo(fixture.connect);
      const run = await fixture.run(life);
      expect(run.turn.authority).toMatchObject({ revision: 1, plugins: kept });
      expect(run.turn.authority.plugins).toHaveLength(1);
      // What it decides is decided under the newest authority, too.
      expect(await run.commit([run.started(0, 0)])).toMatchObject({ error: 'authority_stale' });
    }
  });

  it('has no plugin any more if it was stopped', async () => {
    const stopped = { ...UPGRADED[0]!, state: 'stopped' as const };
    const { fixture } = await upgraded([stopped]);
    await crashLongAgo(fixture.connect);
    expect((await fixture.run(1)).turn.authority.plugins).toEqual([]);
  });

  it('may ask for what its own version declares, also when the newer one does not', async () => {
    const { fixture, first } = await upgraded();
    const started = first.started(0, 0, { claims: { revision: 5 } });
    await first.commit([started], { revision: 5 });
    const { claims } = started;
    expect(await fixture.client.authorizeHostCall({ ...HOST_CALL, claims })).toMatchObject({
      ok: true,
    });
  });

  it('may ask for nothing more once its version was withdrawn', async () => {
    const { fixture, first } = await upgraded();
    const started = first.started(0, 0, { claims: { revision: 5 } });
    await first.commit([started], { revision: 5 });
    const plugins = UPGRADED.slice(0, 1);
    fixture.script.authority = toAuthority(fixture.principal, { revision: 6, plugins });
    await fixture.client.authorityChanged(6);
    const { claims } = started;
    expect(await fixture.client.authorizeHostCall({ ...HOST_CALL, claims })).toMatchObject({
      error: { check: 'capability', reason: 'plugin_not_registered' },
    });
  });
});
