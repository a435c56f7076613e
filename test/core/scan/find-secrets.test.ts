import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSecrets } from '../../../src/core/scan/find-secrets.ts';
import { createSecretMatchers } from '../../../src/core/scan/secrets/secret-matchers.ts';
import { cpuMs } from '../../support/cpu-ms.ts';
import { findPublicData } from '../../support/public-data.ts';

/** Letters and digits that are no placeholder. Keys are put together here, so that none stands in the code. */
function chance(length: number): string {
  return 'a1B2c3D4e5F6g7H8i9J0k'.repeat(Math.ceil(length / 21)).slice(0, length);
}
const upper = (length: number) => 'ABCDEFGH23456789'.repeat(20).slice(0, length);

const GITHUB_TOKEN = `ghp_${chance(36)}`;
const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${chance(64)}\n${chance(64)}\n-----END RSA PRIVATE KEY-----`;

function names(text: string): string[] {
  return findSecrets(text).map(({ name }) => name);
}

function found(text: string): string[] {
  return findSecrets(text).map(({ start, end }) => text.slice(start, end));
}

describe('findSecrets()', () => {
  test.each([
    ['github-token', GITHUB_TOKEN],
    ['github-fine-grained-token', `github_pat_${chance(82)}`],
    ['gitlab-token', `glpat-${chance(20)}`],
    ['aws-access-key', `AKIA${upper(16)}`],
    ['google-api-key', `AIza${chance(35)}`],
    ['openai-key', `sk-proj-${chance(40)}T3BlbkFJ${chance(40)}`],
    ['openai-key', `sk-${chance(20)}T3BlbkFJ${chance(20)}`],
    ['anthropic-key', `sk-ant-api03-${chance(93)}AA`],
    ['stripe-key', `sk_live_${chance(24)}`],
    ['slack-token', `xoxb-123456789012-${chance(24)}`],
    ['slack-webhook', `https://hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${chance(24)}`],
    ['npm-token', `npm_${chance(36)}`],
    ['jwt', `eyJ${chance(30)}.eyJ${chance(60)}.${chance(43)}`],
    ['telegram-bot-token', `123456789:AA${chance(33)}`],
    ['azure-client-secret', `aB18Q~${chance(34)}`],
    ['terraform-token', `${chance(14)}.atlasv1.${chance(64)}`],
    ['url-credentials', 'postgres://app:s3cr3t-9@db.example.net/app'],
    ['cloudflare-token', `cfat_${chance(48)}`],
    ['private-key', PEM],
  ])('finds a %s among other text', (name, secret) => {
    expect(names(secret)).toEqual([name]);
    expect(names(`before: "${secret}" after`)).toEqual([name]);
  });

  test('finds the value of an AWS secret key, and leaves its name in place', () => {
    const key = `${chance(38)}/+`;
    expect(found(`{"SecretAccessKey": "${key}"}`)).toEqual([key]);
    expect(found(`AWS_SECRET_ACCESS_KEY=${key}`)).toEqual([key]);
  });

  test('finds all values of a secret of Kubernetes, wherever its kind stands', () => {
    const data = 'data:\n  user: YWRtaW5pc3RyYXRvcg==\n  password: c3VwZXJzZWNyZXRwYXNz';
    const values = data.slice(data.indexOf('YWRt'));
    const more = 'stringData:\n  token: 5eb4223e50084be5be67';
    expect(found(`apiVersion: v1\n${data}\nkind: Secret\n`)).toEqual([values]);
    expect(found(`kind: Secret\n${data}\nmetadata:\n  name: a\n`)).toEqual([values]);
    expect(found(`kind: Secret\n${data}\n${more}\n`)).toEqual([`${values}\n${more}`]);
  });

  test('finds each of several keys, also side by side', () => {
    expect(found(`${GITHUB_TOKEN},${GITHUB_TOKEN}\nAKIA${upper(16)}`)).toEqual([
      GITHUB_TOKEN,
      GITHUB_TOKEN,
      `AKIA${upper(16)}`,
    ]);
  });

  test('takes a key of exactly the length that its vendor states, and no shorter one', () => {
    expect(names(`ghp_${chance(36)}`)).toEqual(['github-token']);
    expect(names(`ghp_${chance(35)}`)).toEqual([]);
    expect(names(`AKIA${upper(15)}`)).toEqual([]);
    expect(names(`AKIA${upper(17)}`)).toEqual([]);
  });

  test('takes no key from the middle of a word', () => {
    expect(names(`x${GITHUB_TOKEN}`)).toEqual([]);
    expect(names(`9AKIA${upper(16)}`)).toEqual([]);
    expect(names(`TOKEN_${GITHUB_TOKEN}`)).toEqual(['github-token']);
  });

  test.each([
    `ghp_${'x'.repeat(36)}`,
    `glpat-${'X'.repeat(20)}`,
    'https://user:password@example.com/',
    'https://{{USER}}:{{PASSWORD}}@example.com/',
    '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----',
    'A PEM file starts with -----BEGIN PRIVATE KEY----- and a line break, then a lot of base64 text',
    'sk-learn, ghp_, eyJ and AKIA are beginnings of keys',
    'https://example.com/a:b@c',
  ])('takes no placeholder for a key: %j', (text) => {
    expect(names(text)).toEqual([]);
  });

  test.each([
    ['a zero-width space', `ghp_${chance(10)}\u200b${chance(26)}`],
    ['full-width letters', `ｇｈｐ_${chance(36)}`],
    ['escapes of JSON', `\\u0067hp_${chance(36)}`],
    ['Cyrillic letters', `gһр_${chance(36)}`],
  ])('sees through %s, and marks all that was written', (_, disguised) => {
    expect(found(`é ${disguised} é`)).toEqual([disguised]);
  });

  test('finds a private key whose end is missing, and one within JSON', () => {
    expect(names(PEM.slice(0, 100))).toEqual(['private-key']);
    expect(names(JSON.stringify({ key: PEM }))).toEqual(['private-key']);
  });

  test('finds whatever it is put into, at the right place', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(word, word, (before, after) => {
        const text = `${before}\n${GITHUB_TOKEN}\n${after}`;
        expect(found(text)).toContain(GITHUB_TOKEN);
      }),
    );
  });

  test('reads any repetition of what its formats begin with in time', () => {
    const parts = [
      ...createSecretMatchers().map(({ literal }) => ` ${literal}`),
      ...createSecretMatchers().map(({ literal }) => `_${literal}`),
      'eyJaaaaaaaaaa.',
      '-----BEGIN PRIVATE KEY-----\n',
      'aws_secret_access_key    ',
      'a://bbbbbbbbbb:',
      '\u{e0041}',
      '\\u0041',
      '漢',
    ];
    const spent = cpuMs(() => {
      for (const part of parts) findSecrets(part.repeat(Math.ceil(65_536 / part.length)));
    });
    expect(spent).toBeLessThan(40_000); // quadratic would take minutes
  });
});

interface Vector {
  readonly rule: string;
  readonly label: number;
  readonly text: string;
  /** Of secretlint: which of the rule's cases. */
  readonly case?: string;
}

function readVectors(path: string | undefined): readonly Vector[] {
  return JSON.parse(gunzipSync(readFileSync(path ?? '')).toString()).vectors;
}

function rateOf(positives: readonly Vector[]): number {
  return positives.filter(({ text }) => names(text).length > 0).length / positives.length;
}

const GITLEAKS = findPublicData('secret-vectors-gitleaks.json.gz');

describe.skipIf(GITLEAKS === undefined)('findSecrets() on the vectors of gitleaks', () => {
  /** Negatives of one rule that are positives of another: a key for administrators, and a JWT. */
  const OF_OTHER_RULES = /^sk-ant-admin01-|Authorization: Basic eyJhbGciOi/;

  test('finds at least 97 % of the positives', () => {
    const positives = readVectors(GITLEAKS).filter(({ label }) => label === 1);
    expect(positives.length).toBeGreaterThan(800);
    expect(rateOf(positives)).toBeGreaterThan(0.97);
  });

  test('flags no negative', () => {
    const negatives = readVectors(GITLEAKS).filter(
      ({ label, text }) => label === 0 && !OF_OTHER_RULES.test(text),
    );
    expect(negatives.length).toBeGreaterThan(100);
    expect(negatives.filter(({ text }) => names(text).length > 0)).toEqual([]);
  });
});

const SECRETLINT = findPublicData('secretlint-vectors.json.gz');

describe.skipIf(SECRETLINT === undefined)('findSecrets() on the vectors of secretlint', () => {
  /** Not about credentials: a sample rule, comments, names of folders, and what an option defines. */
  const NO_CREDENTIALS = ['example', 'filter-comments', 'no-homedir', 'pattern', 'no-dotenv'];
  /** Names of accounts and tenants, which are no secrets. */
  const IDENTIFIERS = ['ng.ad_tenant_id', 'ng.AWS Account ID'];
  /** Keys that only an option of that linter lets pass, or whose rule reports a file as a whole. */
  const BY_OPTION = /allows|enableIDScanRule|^ng\./;

  const vectors = () =>
    readVectors(SECRETLINT).filter(({ rule }) => !NO_CREDENTIALS.includes(rule));

  test('finds at least 90 % of the positives', () => {
    const positives = vectors().filter(
      ({ label, case: name = '' }) => label === 1 && !IDENTIFIERS.includes(name),
    );
    expect(positives.length).toBeGreaterThan(50);
    expect(rateOf(positives)).toBeGreaterThan(0.9);
  });

  test('flags no negative', () => {
    const negatives = vectors().filter(
      ({ label, case: name = '' }) => label === 0 && !BY_OPTION.test(name),
    );
    expect(negatives.length).toBeGreaterThan(30);
    expect(negatives.filter(({ text }) => names(text).length > 0)).toEqual([]);
  });
});

const AGENTDOJO = findPublicData('agentdojo.json');

test.skipIf(AGENTDOJO === undefined)('flags no output of a benign task of AgentDojo', () => {
  interface Suite {
    readonly user_tasks: { readonly calls: { readonly output: unknown }[] }[];
  }
  const { suites } = JSON.parse(readFileSync(AGENTDOJO ?? '', 'utf8'));
  const outputs = (Object.values(suites) as Suite[]).flatMap(({ user_tasks }) =>
    user_tasks.flatMap(({ calls }) => calls.map(({ output }) => String(output))),
  );
  expect(outputs.length).toBeGreaterThan(100);
  expect(outputs.flatMap(names)).toEqual([]);
});

test('the rules are for at least 120 services', () => {
  const services = new Set(createSecretMatchers().map(({ name }) => name.split('-')[0]));
  expect(services.size).toBeGreaterThanOrEqual(120);
});
