import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { permits } from '../../../src/core/capabilities/capability-set.ts';
import { expandDenies, expandGrants } from '../../../src/core/capabilities/expand.ts';
import { parseCapability } from '../../../src/core/capabilities/pattern.ts';
import {
  diffCapabilities,
  findGrowth,
  findNewReach,
} from '../../../src/core/manifest/capability-growth.ts';
import { ownToolPattern } from '../../../src/core/manifest/own-tool.ts';
import type { RegisteredPlugin } from '../../../src/core/manifest/registered-plugin.ts';
import { plugin, tool } from '../policy/authority-builder.ts';

interface Asked {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly tools?: readonly string[];
}

function version({ allow = [], deny = [], tools = [] }: Asked) {
  return {
    allow: [
      ...expandGrants(allow).patterns,
      ...tools.flatMap((name) => ownToolPattern(name) ?? []),
    ],
    deny: expandDenies(deny).patterns,
    tools: tools.map((name) => tool(name)),
  };
}

const diff = (before: Asked, after: Asked) => diffCapabilities(version(before), version(after));
const NOTHING = { added: [], widened: [], removed: [], undenied: [], loosened: [] };

describe('diffCapabilities()', () => {
  test('finds nothing between a version and itself', () => {
    const same = { allow: ['tool:file:read', 'block:*'], deny: ['tool:file:write'] };
    expect(diff(same, same)).toEqual(NOTHING);
  });

  test('tells what is new from what is wider, and from what is gone', () => {
    expect(
      diff(
        { allow: ['tool:file:read:/a/b', 'tool:file:read:/a/c', 'block:send'] },
        { allow: ['tool:file:read:/a/*', 'storage:memory:read'] },
      ),
    ).toEqual({
      ...NOTHING,
      added: ['storage:memory:read'],
      widened: [
        { from: ['tool:file:read:/a/b', 'tool:file:read:/a/c'], to: 'tool:file:read:/a/*' },
      ],
      removed: ['block:send'],
    });
  });

  test('takes no narrowing for growth', () => {
    const narrowed = diff(
      { allow: ['tool:network:http:*'] },
      { allow: ['tool:network:http:a.example:443'] },
    );
    expect(narrowed).toEqual({ ...NOTHING, removed: ['tool:network:http:*'] });
  });

  test('leaves a plugin’s own tools out, old ones and new ones', () => {
    expect(diff({ tools: ['old'] }, { tools: ['new'] })).toEqual(NOTHING);
  });

  test('sees a tool of others that was the plugin’s own before', () => {
    expect(diff({ tools: ['shared'] }, { allow: ['tool:call:shared'] })).toMatchObject({
      added: ['tool:call:shared'],
    });
  });

  test('sees what a plugin denied itself and does not any more', () => {
    const allow = ['tool:file:read:/*'];
    expect(diff({ allow, deny: ['tool:file:read:/etc/*'] }, { allow })).toEqual({
      ...NOTHING,
      undenied: ['tool:file:read:/etc/*'],
    });
    expect(
      diff({ allow, deny: ['tool:file:read:/etc/*'] }, { allow, deny: ['tool:file'] }),
    ).toEqual(NOTHING);
  });

  test('passes over a denial of what the plugin never asks for', () => {
    expect(diff({ allow: ['block:send'], deny: ['tool:exec'] }, { allow: ['block:send'] })).toEqual(
      NOTHING,
    );
  });
});

describe('findNewReach()', () => {
  const reach = (before: Asked, after: Asked) => findNewReach(diff(before, after), version(after));

  test('is what is added and what the wider ones are now', () => {
    expect(
      reach({ allow: ['tool:file:read:/a'] }, { allow: ['tool:file:read:/*', 'block:send'] }),
    ).toEqual(['block:send', 'tool:file:read:/*']);
  });

  test('is, of what is no longer denied, the lesser of denial and wish', () => {
    const deny = ['tool:file:read:/etc/*'];
    const all = ['tool:file:read:/*'];
    expect(reach({ allow: all, deny }, { allow: all })).toEqual(['tool:file:read:/etc/*']);
    const one = ['tool:file:read:/etc/app.conf'];
    expect(reach({ allow: one, deny }, { allow: one })).toEqual(one);
  });
});

describe('findGrowth()', () => {
  const growthOf = (before: Asked, after: Asked, facts: Partial<RegisteredPlugin> = {}) =>
    findGrowth(
      plugin({ ...version(before), version: '1.0.0' }),
      plugin({ ...version(after), version: '1.1.0', ...facts }),
      (text) => text,
    );

  test('is nothing where nothing grows', () => {
    expect(growthOf({ allow: ['block:*'] }, { allow: ['block:send'] })).toBeUndefined();
  });

  test('is the diff, with a digest of it, of both versions and of the code', () => {
    expect(growthOf({}, { allow: ['block:send'] })).toEqual({
      ...NOTHING,
      added: ['block:send'],
      digest: `{"added":["block:send"],"codeHash":"${'c0de'.repeat(16)}","from":"1.0.0","loosened":[],"name":"files","removed":[],"to":"1.1.0","undenied":[],"widened":[]}`,
    });
    const digests = [{}, { codeHash: 'beef' }, { version: '1.2.0' }, { name: 'other' }].map(
      (facts) => growthOf({}, { allow: ['block:send'] }, facts)?.digest,
    );
    expect(new Set(digests).size).toBe(4);
  });
});

const TEXTS = ['tool:file:*', 'tool:file:read', 'tool:file:read:/a/*', 'tool:file:read:/a/b'];
const SOME = [...TEXTS, 'tool:file:write:/a/*', 'tool:*', 'block:send', 'block:*', 'tool:exec'];
const CAPABILITIES = ['tool:file:read:/a/b', 'tool:file:read:/a/c', 'tool:file:write:/a/b']
  .concat('tool:file:read', 'block:send', 'block:link', 'tool:exec:/bin/x', 'tool:call:else')
  .flatMap((text) => {
    const capability = parseCapability(text);
    return capability.ok ? [capability.value] : [];
  });

const anyVersion = fc
  .record({
    allow: fc.subarray(SOME),
    deny: fc.subarray(SOME),
    tools: fc.subarray(['one', 'else']),
  })
  .map(version);

test('whatever the newer version may do and the older one could not is growth, and in its reach', () => {
  expect(CAPABILITIES).toHaveLength(8);
  fc.assert(
    fc.property(anyVersion, anyVersion, fc.constantFrom(...CAPABILITIES), (before, after, one) => {
      const isOwn = after.tools.some(({ name }) => ownToolPattern(name) === one);
      if (isOwn || !permits(after, one) || permits(before, one)) return;
      const growth = findGrowth(plugin(before), plugin(after), (text) => text);
      expect(growth).toBeDefined();
      const reach = growth === undefined ? [] : findNewReach(growth, after);
      expect(permits({ allow: reach, deny: [] }, one)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
