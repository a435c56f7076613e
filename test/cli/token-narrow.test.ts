import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import vectors from '../support/token-vectors.json' with { type: 'json' };
import { runCommand } from './support/run-command.ts';

const [first] = vectors.narrowed;

beforeEach(() => vi.stubEnv('SALLYPORT_TOKEN', vectors.issued));
afterEach(() => vi.unstubAllEnvs());

describe('token narrow', () => {
  test('prints the token that the vectors say, and nothing else', async () => {
    const grants = ['--grant', 'session:*', '--grant', 'tool:call:read-file'];
    const { exit, out, problems } = await runCommand('token', 'narrow', ...grants);
    expect({ exit, out, problems }).toEqual({ exit: 0, out: `${first!.token}\n`, problems: '' });
  });

  test('writes every caveat that an option speaks of', async () => {
    const { out } = await runCommand(
      ...['token', 'narrow', '--json', '--expires', '60', '--workspace', 'acme', '--tool', 'a'],
      ...['--max-tokens', '10', '--max-micro-usd', '0', '--label', 'trusted:workspace'],
    );
    expect(JSON.parse(out).caveats).toEqual([
      { kind: 'expiry', at: expect.any(Number) },
      { kind: 'workspace', id: 'acme' },
      { kind: 'budget', maxTokens: 10, maxCostMicroUsd: 0 },
      { kind: 'label', integrity: 'trusted', confidentiality: 'workspace' },
      { kind: 'tool', name: 'a' },
    ]);
  });

  test.each([
    ['nothing to narrow by', []],
    ['a pattern of no capability', ['--grant', 'tool:everything']],
    ['a number that is none', ['--expires', 'soon']],
    ['a label that is none', ['--label', 'trusted']],
    ['a budget beyond every turn', ['--max-tokens', '99999999999']],
  ])('refuses %s', async (_, options) => {
    const { exit, out, problems } = await runCommand('token', 'narrow', ...options);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(problems).not.toContain(vectors.issued);
  });

  test('refuses a text that is no token, and does not show it', async () => {
    vi.stubEnv('SALLYPORT_TOKEN', 'sproot_secret-of-the-deployment');
    const { exit, problems } = await runCommand('token', 'narrow', '--expires', '60');
    expect(exit).toBe(2);
    expect(problems).not.toContain('secret-of-the-deployment');
  });
});
