/** The kill switch: what it ends, what it keeps from coming back, and the one way out. */

import { describe, expect, test } from 'vitest';
import {
  evict,
  type Fixture,
  failingModule,
  foundWorkspace,
  inside,
  issue,
  opening,
  recorded,
  rowsOf,
  statesOf,
  upload,
  uploadOf,
} from './workspace-fixture.ts';

const V2 = { version: '2.0.0' };
const TWIN = {
  name: 'twin',
  tools: [{ name: 'twin', description: 'x', inputSchema: { type: 'object' }, entry: 'text_stats' }],
};
const REFUSED = { error: { code: 'code_quarantined' } };

const eventsOf = async (fixture: Fixture, action: string) =>
  (await recorded(fixture)).filter((event) => event.action === action);

describe('quarantinePlugin()', () => {
  test('ends a plugin for everybody, and says who did it, when and why', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const operator = await issue(fixture, root, { grants: ['system:plugin:stop'] });
    const before = await block.describe();
    expect(await block.quarantinePlugin(operator, 'stats', 'it phones home')).toMatchObject({
      state: 'quarantined',
      reason: 'code_quarantined',
      quarantine: { reason: 'it phones home', at: expect.any(Number) },
    });
    expect((await block.describe())?.revision).toBeGreaterThan(before?.revision ?? 0);
    expect(await statesOf(fixture)).toEqual([['stats', '1.0.0', 'quarantined']]);
    const by = `${operator.principal.kind}:${operator.principal.id}`;
    const [event] = await eventsOf(fixture, 'plugin-quarantined');
    expect(event).toMatchObject({ actor: by, plugin: 'stats', pluginVersion: '1.0.0' });
    expect(JSON.stringify(event)).not.toContain('phones');
    expect(await block.listQuarantined()).toMatchObject([
      { name: 'stats', version: '1.0.0', sha256: upload().plugin.codeHash, by },
    ]);
  });

  test('ends older versions that drain, and one that is starting', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.openTurn(opening(fixture, root));
    await block.installPlugin(root, upload(V2, 'module-2'));
    const installed = await inside(fixture, async (direct) => {
      const installing = direct.installPlugin(root, upload({ version: '3.0.0' }, 'module-3'));
      for (let turns = 0; turns < 100; turns++) await undefined;
      await direct.quarantinePlugin(root, 'stats');
      return installing;
    });
    expect(installed).toMatchObject({ error: { code: 'conflict' } });
    expect(await statesOf(fixture)).toEqual([['stats', '2.0.0', 'quarantined']]);
    const pinned = await block.listQuarantined();
    expect(pinned.map(({ version }) => version).sort()).toEqual(['1.0.0', '2.0.0', '3.0.0']);
  });

  test('ends every other plugin that runs the same code', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.installPlugin(root, upload(TWIN));
    const bystander = { name: 'other', tools: [{ ...TWIN.tools[0]!, name: 'other' }] };
    await block.installPlugin(root, upload(bystander, 'module-2'));
    await block.quarantinePlugin(root, 'twin');
    expect(await statesOf(fixture)).toEqual([
      ['other', '1.0.0', 'running'],
      ['stats', '1.0.0', 'quarantined'],
      ['twin', '1.0.0', 'quarantined'],
    ]);
  });

  test('changes nothing the second time, and knows no plugin that is not there', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    const first = await block.quarantinePlugin(root, 'stats', 'first');
    const revision = (await block.describe())?.revision;
    expect(await block.quarantinePlugin(root, 'stats', 'second')).toEqual(first);
    expect(await block.describe()).toMatchObject({ revision });
    expect(await block.quarantinePlugin(root, 'nobody')).toBeUndefined();
  });

  test('takes code that never ran, too', async () => {
    const { block, root } = await foundWorkspace();
    const failing = uploadOf(failingModule());
    await block.installPlugin(root, failing);
    await block.quarantinePlugin(root, 'stats');
    expect(await block.listQuarantined()).toMatchObject([{ sha256: failing.plugin.codeHash }]);
    expect(await block.installPlugin(root, failing)).toMatchObject(REFUSED);
  });

  test('is known to the lane before it is answered', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.quarantinePlugin(root, 'stats');
    expect(await rowsOf(fixture, 'SELECT * FROM withdrawals')).toEqual([]);
    const timers = await rowsOf(fixture, "SELECT * FROM timers WHERE name = 'withdraw'");
    expect(timers).toEqual([]);
  });
});

describe('what is in quarantine', () => {
  async function quarantined(): Promise<Fixture> {
    const fixture = await foundWorkspace();
    await fixture.block.installPlugin(fixture.root, upload());
    await fixture.block.quarantinePlugin(fixture.root, 'stats');
    return fixture;
  }

  test.each([
    ['the same again', upload()],
    ['the same code under a higher version', upload(V2)],
    ['the same code under another name', upload(TWIN)],
    ['other code under the same name', upload(V2, 'module-2')],
  ])('refuses %s, on the record', async (_, request) => {
    const fixture = await quarantined();
    expect(await fixture.block.installPlugin(fixture.root, request)).toMatchObject(REFUSED);
    expect(await eventsOf(fixture, 'plugin-refused')).toMatchObject([
      { decision: 'denied', reason: 'code_quarantined', plugin: request.plugin.name },
    ]);
  });

  test('lets other code under another name pass', async () => {
    const { block, root } = await quarantined();
    expect(await block.installPlugin(root, upload(TWIN, 'module-2'))).toMatchObject({ ok: true });
  });

  test('stays there when it is stopped or deleted, or when the object is lost', async () => {
    const fixture = await quarantined();
    const { block, root } = fixture;
    expect(await block.stopPlugin(root, 'stats')).toMatchObject({ state: 'quarantined' });
    expect(await block.deletePlugin(root, 'stats')).toBe(true);
    await evict(fixture);
    expect(await block.installPlugin(root, upload())).toMatchObject(REFUSED);
    expect(await block.listQuarantined()).toHaveLength(1);
  });
});

describe('releasePlugin()', () => {
  test('starts nothing, lets the code be installed again, and goes on the record', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.quarantinePlugin(root, 'stats');
    const released = await block.releasePlugin(root, 'stats');
    expect(released).toMatchObject({
      released: [{ name: 'stats', version: '1.0.0' }],
      plugin: { state: 'stopped' },
    });
    expect(released?.plugin).not.toHaveProperty('quarantine');
    expect(await statesOf(fixture)).toEqual([['stats', '1.0.0', 'stopped']]);
    expect(await eventsOf(fixture, 'plugin-released')).toMatchObject([
      { actor: 'user:root', plugin: 'stats', pluginVersion: '1.0.0' },
    ]);
    expect(await block.installPlugin(root, upload())).toMatchObject({
      value: { state: 'running' },
    });
  });

  test('lets the same code go under all of its names', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload());
    await block.installPlugin(root, upload(TWIN));
    await block.quarantinePlugin(root, 'stats');
    await block.releasePlugin(root, 'twin');
    expect((await statesOf(fixture)).map(([, , state]) => state)).toEqual(['stopped', 'stopped']);
    expect(await block.listQuarantined()).toEqual([]);
  });

  test('keeps a plugin of which other code is still in quarantine', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.installPlugin(root, upload(TWIN));
    await block.installPlugin(root, upload());
    await block.openTurn(opening(fixture, root));
    await block.installPlugin(root, upload(V2, 'module-2'));
    // Both versions of "stats", and "twin" for its older one.
    await block.quarantinePlugin(root, 'stats');
    await block.releasePlugin(root, 'twin');
    expect(await statesOf(fixture)).toEqual([
      ['stats', '2.0.0', 'quarantined'],
      ['twin', '1.0.0', 'stopped'],
    ]);
  });

  test('works for a plugin that was deleted, and says when there is nothing to release', async () => {
    const { block, root } = await foundWorkspace();
    await block.installPlugin(root, upload());
    expect(await block.releasePlugin(root, 'stats')).toMatchObject({
      released: [],
      plugin: { state: 'running' },
    });
    await block.quarantinePlugin(root, 'stats');
    await block.deletePlugin(root, 'stats');
    expect(await block.releasePlugin(root, 'stats')).toMatchObject({
      released: [{ name: 'stats' }],
    });
    expect(await block.releasePlugin(root, 'stats')).toBeUndefined();
    expect(await block.installPlugin(root, upload())).toMatchObject({ ok: true });
  });
});
