import { afterEach, describe, expect, test, vi } from 'vitest';
import { SessionBlock } from '../../../src/blocks/session/session-block.ts';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import {
  type Fixture,
  foundWorkspace,
  issue,
  opening,
  ring,
  rowsOf,
  upload,
} from './workspace-fixture.ts';

afterEach(() => vi.restoreAllMocks());

const pendingOf = (fixture: Fixture) =>
  rowsOf(fixture, 'SELECT session_id, revision FROM announcements');

describe('a new revision', () => {
  test('is told to the sessions with a live turn before it is acknowledged, and to no others', async () => {
    const heard = vi.spyOn(SessionBlock.prototype, 'authorityChanged').mockResolvedValue();
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const [live, over] = [opening(fixture, bot), opening(fixture, bot)];
    await fixture.block.openTurn(live);
    await fixture.block.openTurn(over);
    await fixture.block.settleTurn(over.turnId, NO_USAGE, {});

    await fixture.block.revokeToken(fixture.root, bot.principal.tokenId);
    expect(heard.mock.calls).toEqual([[2]]);
    await fixture.block.installPlugin(fixture.root, upload());
    await fixture.block.stopPlugin(fixture.root, 'stats');
    await fixture.block.change(fixture.root, { members: [] });
    await fixture.block.deletePlugin(fixture.root, 'stats');
    expect(heard.mock.calls).toEqual([[2], [3], [4], [5], [6]]);
    expect(await pendingOf(fixture)).toEqual([]);
  });

  test('is not made by a token that is issued: nobody loses anything by it', async () => {
    const heard = vi.spyOn(SessionBlock.prototype, 'authorityChanged').mockResolvedValue();
    const fixture = await foundWorkspace();
    await fixture.block.openTurn(opening(fixture, fixture.root));
    await issue(fixture, fixture.root);
    expect(heard).not.toHaveBeenCalled();
    expect(await fixture.block.describe()).toMatchObject({ revision: 1 });
  });

  test('does not wait for ever for a session that cannot be reached, and tells it again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const heard = vi.spyOn(SessionBlock.prototype, 'authorityChanged');
    heard.mockRejectedValueOnce(new Error('unreachable')).mockResolvedValue();
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const { sessionId, ...turn } = opening(fixture, bot);
    await fixture.block.openTurn({ sessionId, ...turn });
    expect(await fixture.block.revokeToken(fixture.root, bot.principal.tokenId)).toBe(true);
    expect(await pendingOf(fixture)).toEqual([{ session_id: sessionId, revision: 2 }]);
    expect(await fixture.block.authenticate(bot.hash)).toBeUndefined();

    await ring(fixture, 'announce');
    expect(heard).toHaveBeenCalledTimes(2);
    expect(await pendingOf(fixture)).toEqual([]);
  });

  test('gives up on a session that never answers, as soon as its turn is over', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const heard = vi.spyOn(SessionBlock.prototype, 'authorityChanged');
    heard.mockImplementation(() => new Promise(() => {}));
    const fixture = await foundWorkspace();
    const request = opening(fixture, fixture.root);
    await fixture.block.openTurn(request);
    await fixture.block.change(fixture.root, { members: [] });
    expect(await pendingOf(fixture)).toHaveLength(1);
    await fixture.block.settleTurn(request.turnId, NO_USAGE, {});
    await ring(fixture, 'announce');
    expect(await pendingOf(fixture)).toEqual([]);
  });
});
