import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { foundWorkspace, issue, recorded, unfoundedWorkspace } from './workspace-fixture.ts';

const alice = { kind: 'user', id: 'alice' } as const;

describe('found()', () => {
  test('makes a workspace once, with the default policy and nobody in it', async () => {
    const { block, root, id } = unfoundedWorkspace();
    expect(await block.describe()).toBeUndefined();
    expect(await block.found(root)).toBe(true);
    expect(await block.found(root)).toBe(false);
    expect(await block.describe()).toMatchObject({
      id,
      revision: 1,
      policy: DEFAULT_POLICY,
      members: [],
    });
  });

  test('goes on the record', async () => {
    const fixture = await foundWorkspace();
    expect(await recorded(fixture)).toMatchObject([
      { action: 'workspace-changed', reason: 'founded', actor: 'user:root' },
    ]);
  });
});

describe('change()', () => {
  test('replaces the policy under a new revision, and leaves absent parts as they are', async () => {
    const { block, root } = await foundWorkspace();
    await block.change(root, { members: [{ id: 'alice', grants: ['block:send'] }] });
    const policy = { ...DEFAULT_POLICY, tierFloor: 'container' as const };
    const changed = await block.change(root, { policy });
    expect(changed).toMatchObject({
      ok: true,
      value: { revision: 3, policy: { tierFloor: 'container' }, members: [{ id: 'alice' }] },
    });
  });

  test('refuses a change of what has moved on', async () => {
    const { block, root } = await foundWorkspace();
    const change = { members: [], ifRevision: 1 };
    expect(await block.change(root, change)).toMatchObject({ ok: true, value: { revision: 2 } });
    expect(await block.change(root, change)).toMatchObject({ error: { code: 'conflict' } });
    expect(await block.describe()).toMatchObject({ revision: 2 });
  });

  test('reports all that is wrong with members, and changes nothing', async () => {
    const { block, root } = await foundWorkspace();
    const refused = await block.change(root, {
      members: [
        { id: 'alice', grants: ['block:send', 'no:such'] },
        { id: 'alice', grants: ['a::b'] },
      ],
    });
    expect(refused).toMatchObject({
      error: {
        code: 'invalid_body',
        errors: [
          { pointer: '/members/0/grants/1' },
          { pointer: '/members/1/grants/0' },
          { pointer: '/members/1/id' },
        ],
      },
    });
    expect(await block.describe()).toMatchObject({ revision: 1, members: [] });
  });

  test('warns of wide grants, once for each family', async () => {
    const { block, root } = await foundWorkspace();
    const policy = { ...DEFAULT_POLICY, allow: [] };
    const changed = await block.change(root, {
      policy,
      members: [
        { id: 'alice', grants: ['tool:exec'] },
        { id: 'bob', grants: ['tool:exec'] },
      ],
    });
    expect(changed.ok && changed.value.warnings).toEqual([
      { code: 'wide_grant', pattern: 'tool:exec', narrower: 'tool:exec:<program>' },
    ]);
  });
});

describe("a member's grants", () => {
  test('bound the tokens of that user, from the next request on', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const user = await issue(fixture, root, {
      subject: alice,
      grants: ['block:send', 'block:read'],
    });
    await block.change(root, { members: [{ id: 'alice', grants: ['block:read', 'tool:exec'] }] });
    const login = await block.authenticate(user.hash);
    expect(login?.grants.map(({ pattern }) => pattern)).toEqual(['block:read']);
  });

  test('bound what can be issued to him, but not to a service of the same name', async () => {
    const fixture = await foundWorkspace();
    const { root } = fixture;
    await fixture.block.change(root, { members: [{ id: 'alice', grants: ['block:read'] }] });
    await expect(issue(fixture, root, { subject: alice, grants: ['block:send'] })).rejects.toThrow(
      '/grants/0',
    );
    const bot = { subject: { kind: 'service', id: 'alice' }, grants: ['block:send'] } as const;
    expect((await issue(fixture, root, bot)).token.grants).toEqual(['block:send']);
  });

  test('bound what was given on from his tokens as well', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const user = await issue(fixture, root, { subject: alice, grants: ['block:send'] });
    const bot = await issue(fixture, user, { grants: ['block:send'] });
    await block.change(root, { members: [{ id: 'alice', grants: [] }] });
    expect((await block.authenticate(bot.hash))?.grants).toEqual([]);
  });

  test('end with his membership, and his tokens with them', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    await block.change(root, { members: [{ id: 'alice', grants: ['block:send'] }] });
    const user = await issue(fixture, root, { subject: alice, grants: ['block:send'] });
    await block.change(root, { members: [] });
    expect(await block.authenticate(user.hash)).toBeUndefined();
    const events = await recorded(fixture);
    expect(events.map(({ action }) => action)).toContain('token-revoked');
  });

  test('are given back by those alone who may give them', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const grants = ['block:send', 'block:read'];
    await issue(fixture, root, { subject: alice, grants });
    const holder = (...held: string[]) =>
      issue(fixture, root, {
        subject: { kind: 'service', id: 'writer' },
        grants: ['system:config:write', ...held],
      });
    const bound = (...within: string[]) => ({ members: [{ id: 'alice', grants: within }] });
    const writer = await holder();
    expect(await block.change(writer, bound('block:read'))).toMatchObject({ ok: true });
    const wider = bound('block:read', 'block:*');
    const refused = { error: { code: 'denied' } };
    expect(await block.change(writer, wider)).toMatchObject(refused);
    expect(await block.change(await holder('system:token:issue'), wider)).toMatchObject({
      error: { ...refused.error, errors: [{ pointer: '/members/0/grants' }] },
    });
    const narrowed = await holder('system:token:issue', ...grants);
    const caveats = [{ kind: 'expiry' as const, at: Date.now() + 60_000 }];
    const caller = { ...narrowed, principal: { ...narrowed.principal, caveats } };
    expect(await block.change(caller, wider)).toMatchObject(refused);
    expect(await block.change(narrowed, wider)).toMatchObject({ ok: true });
    // What his tokens do not hold is given to nobody by a bound, nor by its end.
    expect(await block.change(writer, bound('system:*', 'block:*'))).toMatchObject({ ok: true });
    expect(await block.change(writer, { members: [] })).toMatchObject({ ok: true });
    const denied = (await recorded(fixture)).filter(({ decision }) => decision === 'denied');
    expect(denied).toMatchObject(Array(3).fill({ action: 'workspace-changed' }));
  });
});
