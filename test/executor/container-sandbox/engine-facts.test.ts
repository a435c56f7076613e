import { describe, expect, test } from 'vitest';
import {
  type EngineDescription,
  engineFacts,
  type FactsQuery,
} from '../../../src/executor/container-sandbox/engine/engine-facts.ts';

const ROOTLESS: EngineDescription = {
  ...{ name: 'Podman', version: '5.6.0' },
  ...{ isRootless: true, hasOwnUsers: true, groups: '2' },
};
const QUERY: FactsQuery = { runtime: undefined, acceptsHostUsers: false, isRoot: false };

describe('engineFacts()', () => {
  test('has nothing to complain of about Podman without root on control groups v2', () => {
    expect(engineFacts(ROOTLESS, QUERY)).toMatchObject({ engine: 'Podman 5.6.0', warnings: [] });
  });

  test.each<[string, Partial<EngineDescription>, Partial<FactsQuery>, RegExp[]]>([
    [
      'a root that maps no users',
      { isRootless: false, hasOwnUsers: false },
      { isRoot: true },
      [/maps its users/],
    ],
    [
      'the same where that was accepted',
      { isRootless: false, hasOwnUsers: false },
      { isRoot: true, acceptsHostUsers: true },
      [/users of this machine/],
    ],
    [
      'a network that it cannot enter',
      { isRootless: false },
      {},
      [/Orders with egress .* must be root/],
    ],
    ['gVisor', {}, { runtime: '/usr/bin/runsc' }, [/gVisor has a network of its own/]],
  ])('says what orders are refused for: %s', (_case, engine, query, sentences) => {
    const { warnings } = engineFacts({ ...ROOTLESS, ...engine }, { ...QUERY, ...query });
    expect(warnings).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  });

  test('names the runtime that it is told to use', () => {
    const facts = engineFacts(ROOTLESS, { ...QUERY, runtime: 'runsc' });
    expect(facts.engine).toBe('Podman 5.6.0 with runsc');
    expect(facts.limits.processes.by).toContain('threads that gVisor takes');
  });
});
