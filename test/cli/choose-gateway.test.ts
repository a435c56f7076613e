import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Invocation } from '../../src/cli/command.ts';
import { localGateway, namedGateway } from '../../src/cli/gateway/choose-gateway.ts';
import { temporaryFolder } from './support/run-command.ts';

function given(values: Readonly<Record<string, string>>): Invocation {
  return {
    positionals: [],
    value: (option) => values[option],
    values: () => [],
    has: () => false,
  };
}

afterEach(() => vi.unstubAllEnvs());

function localFile(content: string): void {
  const file = join(temporaryFolder(), 'local.json');
  writeFileSync(file, content);
  vi.stubEnv('SALLYPORT_LOCAL_FILE', file);
}

describe('namedGateway()', () => {
  test('takes the token from the command line or the environment', () => {
    vi.stubEnv('SALLYPORT_TOKEN', 'from-env');
    const url = 'http://127.0.0.1:1/';
    expect(namedGateway(given({}))).toBeUndefined();
    expect(namedGateway(given({ url }))).toEqual({ url: 'http://127.0.0.1:1', token: 'from-env' });
    expect(namedGateway(given({ url, token: 't' }))?.token).toBe('t');
  });

  test('never sends the token of this clone to a gateway that was named', () => {
    localFile('{"url":"http://127.0.0.1:1","token":"local"}');
    vi.stubEnv('SALLYPORT_TOKEN', '');
    expect(() => namedGateway(given({ url: 'http://127.0.0.1:2' }))).toThrow('it needs a token');
  });

  test.each(['file:///etc/passwd', 'ftp://a', 'nonsense', 'http://user:pass@a/', ''])(
    'refuses the address %j',
    (url) => {
      expect(() => namedGateway(given({ url, token: 't' }))).toThrow('http or https URL');
    },
  );

  test('refuses a token that would end the header it is sent in, and does not repeat it', () => {
    const token = 'secret\r\nX: y';
    const choose = () => namedGateway(given({ url: 'http://a', token }));
    expect(choose).toThrow('must be printable ASCII');
    expect(choose).not.toThrow('secret');
    expect(() => namedGateway(given({ token: 't' }))).toThrow('must stand beside --url');
  });
});

describe('localGateway()', () => {
  test('reads what npm start has left', () => {
    localFile('{"url":"http://127.0.0.1:8787","token":"t","workspace":"default","pid":1}');
    expect(localGateway()).toEqual({ url: 'http://127.0.0.1:8787', token: 't' });
  });

  test.each(['{}', '[]', '{', '{"url":"http://a"}', '{"url":"file:///a","token":"t"}'])(
    'refuses %j',
    (content) => {
      localFile(content);
      expect(() => localGateway()).toThrow('Cannot');
    },
  );

  test('says how to start one where there is none', () => {
    vi.stubEnv('SALLYPORT_LOCAL_FILE', join(temporaryFolder(), 'none'));
    expect(() => localGateway()).toThrow('npm start');
  });
});
