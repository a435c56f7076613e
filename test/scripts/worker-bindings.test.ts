import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  BLOCK_CLASSES,
  COMPATIBILITY_DATE,
  COMPATIBILITY_FLAGS,
  NAME,
  readSettings,
} from '../../scripts/worker-bindings.mjs';

const toml = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8');

/** The value of the only line that sets the key: reads just as much TOML as our file holds. */
function setting(key: string): string {
  const values = [...toml.matchAll(new RegExp(`^${key} = "(.*)"$`, 'gm'))].map(([, text]) => text);
  expect(values).toHaveLength(1);
  return values[0] ?? '';
}

describe('wrangler.toml and the bindings for other engines', () => {
  test('agree on name, compatibility date and flags', () => {
    expect(setting('name')).toBe(NAME);
    expect(setting('compatibility_date')).toBe(COMPATIBILITY_DATE);
    expect(toml).toContain(
      `\ncompatibility_flags = ${JSON.stringify(COMPATIBILITY_FLAGS).replaceAll(',', ', ')}\n`,
    );
  });

  test('agree on every durable object', () => {
    const inToml = [...toml.matchAll(/\{ name = "(\w+)", class_name = "(\w+)" \}/g)];
    expect(inToml).toHaveLength(toml.match(/class_name/g)?.length ?? 0);
    expect(Object.fromEntries(inToml.map(([, name, className]) => [name, className]))).toEqual(
      BLOCK_CLASSES,
    );
  });

  test('migrate each class to SQLite exactly once', () => {
    const lists = [...toml.matchAll(/^new_sqlite_classes = \[(.*)\]$/gm)].map(([, list]) => list);
    const migrated = lists.flatMap((list) => list?.match(/\w+/g) ?? []);
    expect(migrated.sort()).toEqual(Object.values(BLOCK_CLASSES).sort());
    expect(toml).not.toMatch(/new_classes|renamed_classes|deleted_classes/);
  });

  test.each([
    [
      'tell strangers apart by the address that Cloudflare names',
      /^SALLYPORT_BEHIND_CLOUDFLARE = "true"$/m,
    ],
    ['keep tickets and codes of addresses out of logs', /^redact_query_string = true$/m],
    ['leave no second door beside a domain unasked', /^preview_urls = false$/m],
  ])('%s', (_, line) => expect(toml).toMatch(line));

  test('agree on the loader', () => {
    const loaders = [...toml.matchAll(/^\[\[worker_loaders\]\]\nbinding = "(\w+)"$/gm)];
    expect(loaders.map(([, binding]) => binding)).toEqual(['LOADER']);
  });
});

describe('readSettings()', () => {
  beforeEach(() => () => vi.unstubAllEnvs());

  test('hands on what the operator has set, and nothing else of his environment', () => {
    vi.stubEnv('SALLYPORT_LEASE_MS', '1000');
    vi.stubEnv('SALLYPORT_SECRETS_FILE', 'x');
    expect(readSettings()).toEqual({ SALLYPORT_LEASE_MS: '1000' });
  });

  test('is empty where nothing is set', () => {
    vi.stubEnv('SALLYPORT_LEASE_MS', undefined);
    expect(readSettings()).toEqual({});
  });
});
