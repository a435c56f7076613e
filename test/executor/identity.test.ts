import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { locateHome } from '../../src/executor/executor-home.ts';
import { hashFiles } from '../../src/executor/files-hash.ts';
import { connectUrl, parseGatewayUrl } from '../../src/executor/gateway-url.ts';
import {
  hasGatewaySigned,
  makeKey,
  readIdentity,
  signText,
  writeIdentity,
} from '../../src/executor/identity.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the identity of an executor', () => {
  const identity = () => ({
    gatewayUrl: 'https://gateway.example',
    workspace: 'acme',
    node: 'node_1',
    name: 'one',
    gatewayKey: makeKey().publicKey,
    privateKey: makeKey().privateKey,
  });

  test('is readable by its owner alone, and never overwritten', () => {
    const home = locateHome({}, folder);
    const first = identity();
    writeIdentity(home, first);
    expect(statSync(home.identityFile).mode & 0o777).toBe(0o600);
    expect(() => writeIdentity(home, identity())).toThrow();
    expect(readIdentity(home)).toEqual({ ok: true, value: first });
  });

  test.each([0o640, 0o604, 0o622])('is refused once others may read or write it: %o', (mode) => {
    const home = locateHome({}, folder);
    writeIdentity(home, identity());
    chmodSync(home.identityFile, mode);
    expect(readIdentity(home)).toMatchObject({ error: { code: 'identity_unsafe' } });
  });

  test('is refused where there is none, or another text', () => {
    const home = locateHome({}, folder);
    expect(readIdentity(home)).toMatchObject({ error: { code: 'not_enrolled' } });
    writeFileSync(home.identityFile, '{}', { mode: 0o600 });
    expect(readIdentity(home)).toMatchObject({ error: { code: 'identity_malformed' } });
  });

  test('signs what only its own public key verifies', () => {
    const [own, other] = [makeKey(), makeKey()];
    const signature = signText(own.privateKey, 'text');
    expect(hasGatewaySigned(own.publicKey, 'text', signature)).toBe(true);
    expect(hasGatewaySigned(other.publicKey, 'text', signature)).toBe(false);
    expect(hasGatewaySigned(own.publicKey, 'other', signature)).toBe(false);
  });
});

describe('the address of a gateway', () => {
  test.each([
    'https://gateway.example',
    'http://127.0.0.1:8787',
    'http://localhost:1',
    'http://[::1]:80',
  ])('may be %s', (text) => expect(parseGatewayUrl(text).ok).toBe(true));

  test.each([
    'http://gateway.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'ws://127.0.0.1',
    'http://not-localhost',
    'http://a127.0.0.1',
    'https://user:word@gateway.example',
    'https://user@gateway.example',
    'https://:word@gateway.example',
    'https://gateway.example/#x',
    'https://gateway.example/?x=1',
    'gateway.example',
    '',
  ])('may not be %s', (text) => expect(parseGatewayUrl(text).ok).toBe(false));

  test('becomes that of an encrypted socket', () => {
    const url = connectUrl(new URL('https://gateway.example'), 'acme', 'node_1');
    expect(url.href).toBe('wss://gateway.example/v1/nodes/connect?workspace=acme&node=node_1');
  });
});

describe('hashFiles()', () => {
  const hash = () => {
    const hashed = hashFiles(folder);
    return hashed.ok ? hashed.value.sha256 : hashed.error;
  };

  test('changes with names, contents and what is a program, and not with the manifest', () => {
    writeFileSync(join(folder, 'a'), 'one');
    const seen = [hash()];
    writeFileSync(join(folder, 'plugin.json'), '{}');
    expect(hash()).toBe(seen[0]);
    writeFileSync(join(folder, 'a'), 'two');
    seen.push(hash());
    chmodSync(join(folder, 'a'), 0o755);
    seen.push(hash());
    writeFileSync(join(folder, 'b'), '');
    seen.push(hash());
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('refuses links, wherever they lead', () => {
    symlinkSync('/etc/passwd', join(folder, 'link'));
    expect(hash()).toContain('plain file');
  });
});
