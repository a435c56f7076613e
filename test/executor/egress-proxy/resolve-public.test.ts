import { describe, expect, test } from 'vitest';
import { resolvePublic } from '../../../src/executor/egress-proxy/resolve-public.ts';

/** What is dialled of a host with these addresses, or why nothing is. */
async function dialled(host: string, addresses: readonly string[], isPrivateHost = false) {
  const options = { resolve: async () => addresses, timeoutMs: 10_000, isPrivateHost };
  try {
    return await resolvePublic({ host, port: 443 }, options);
  } catch (stop) {
    return (stop as Error).message;
  }
}

describe('resolvePublic()', () => {
  test('gives all addresses of a public name, up to eight of them', async () => {
    const many = Array.from({ length: 9 }, (_, index) => `8.8.8.${index}`);
    expect(await dialled('a.example', ['8.8.8.8', '2606:4700::1'])).toHaveLength(2);
    expect(await dialled('a.example', many)).toEqual(many.slice(0, 8));
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fe80::1', 'b'])(
    'dials nothing of a name that has %s among its addresses, first or last',
    async (inside) => {
      const stop = await dialled('a.example', [inside]);
      expect(stop).toContain('address_not_public');
      expect(await dialled('a.example', ['8.8.8.8', inside])).toBe(stop);
      expect(await dialled('a.example', [inside, '8.8.8.8'])).toBe(stop);
    },
  );

  test('dials what is inside where it was opened, and never what hands out credentials', async () => {
    const inside = ['127.0.0.1', '10.0.0.1', '100.64.0.1', '8.8.8.8'];
    expect(await dialled('nas', inside, true)).toEqual(inside);
    for (const never of [
      '169.254.169.254',
      '169.254.0.1',
      '0.0.0.0',
      '224.0.0.1',
      'fd00:ec2::254',
    ]) {
      expect(await dialled('nas', [never], true)).toContain('address_not_public');
    }
  });

  test('looks up no address, and stops at a name without one', async () => {
    expect(await dialled('8.8.8.8', ['10.0.0.1'])).toEqual(['8.8.8.8']);
    expect(await dialled('10.0.0.1', ['8.8.8.8'])).toContain('address_not_public');
    expect(await dialled('a.example', [])).toContain('name_unresolved');
  });
});
