import { describe, expect, test } from 'vitest';
import { randomHex, sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { openGovernance } from '../../../src/blocks/workspace/governance-client.ts';
import { bindings, type Fixture, foundWorkspace, inside, issue } from './workspace-fixture.ts';

describe('tickets', () => {
  const MOST = 1_000;

  const fill = (fixture: Fixture, holder: string, endsAt: number) =>
    inside(fixture, (_, sql) => {
      sql.exec(
        `INSERT INTO held_tickets (hash, holder, principal, expires_at)
         WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
         SELECT 'hash-' || n, ?, '{}', ? FROM more`,
        ...[MOST - 1, holder, endsAt],
      );
    });

  test('of one principal are bounded until they are used or have ended, and keep nobody else', async () => {
    const fixture = await foundWorkspace();
    const governance = openGovernance(bindings, fixture.id);
    const [{ principal }, other] = [
      await issue(fixture, fixture.root),
      await issue(fixture, fixture.root),
    ];
    const expiresAt = Date.now() + 3_600_000;
    const ask = (by = principal) => {
      const ticketHash = sha256Hex(randomHex(8));
      return governance.issueTicket({ ticketHash, principal: by, expiresAt }).then((waitMs) => ({
        ...{ ticketHash, waitMs },
      }));
    };
    await fill(fixture, `service:${principal.id}`, expiresAt);
    const last = await ask();
    expect(last.waitMs).toBe(0);
    const { waitMs } = await ask();
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(3_600_000);
    expect((await ask(other.principal)).waitMs).toBe(0);
    expect(await governance.redeemTicket(last.ticketHash, '/x')).toMatchObject({ principal });
    expect((await ask()).waitMs).toBe(0);
  });

  test('that have ended are forgotten with the next', async () => {
    const fixture = await foundWorkspace();
    const { principal } = await issue(fixture, fixture.root);
    await fill(fixture, `service:${principal.id}`, Date.now());
    const ticket = { ticketHash: 'mine', principal, expiresAt: Date.now() + 60_000 };
    expect(await openGovernance(bindings, fixture.id).issueTicket(ticket)).toBe(0);
    const left = await inside(fixture, (_, sql) =>
      sql.exec('SELECT hash FROM held_tickets').toArray(),
    );
    expect(left).toEqual([{ hash: 'mine' }]);
  });
});
