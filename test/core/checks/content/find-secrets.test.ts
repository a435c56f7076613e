import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSecrets } from '../../../../src/core/checks/content/find-secrets.ts';
import {
  INNER_FORMATS,
  SECRET_FORMATS,
} from '../../../../src/core/checks/content/secret-formats.ts';
import { findPublicData } from '../../../support/public-data.ts';

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
    ['openai-key', `sk-proj-${chance(60)}`],
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
      ...SECRET_FORMATS.flatMap(({ prefixes }) => prefixes.map((prefix) => ` ${prefix}`)),
      ...INNER_FORMATS.map(({ literal }) => literal),
      'eyJaaaaaaaaaa.',
      '-----BEGIN PRIVATE KEY-----\n',
      'aws_secret_access_key    ',
      'a://bbbbbbbbbb:',
      '\u{e0041}',
      '\\u0041',
      '漢',
    ];
    const startedAt = performance.now();
    for (const part of parts) findSecrets(part.repeat(Math.ceil(65_536 / part.length)));
    expect(performance.now() - startedAt).toBeLessThan(20_000); // quadratic would take minutes
  });
});

const VECTORS = findPublicData('secret-vectors-gitleaks.json.gz');

/** Rules of that collection which know a secret by its form, so that they are ours as well. */
const BY_FORM = [
  ...['github-pat', 'github-oauth', 'gitlab-pat', 'gitlab-ptt', 'slack-user-token', 'private-key'],
  ...['stripe-access-token', 'anthropic-api-key', 'gcp-api-key', 'sendgrid-api-token', 'npm'],
  ...['pypi-upload-token', 'digitalocean-access-token', 'huggingface-access-token'],
  ...['vault-batch-token', 'hashicorp-tf-api-token', 'azure-ad-client-secret'],
];

describe.skipIf(VECTORS === undefined)('findSecrets() on the vectors of gitleaks', () => {
  test('finds every secret that is known by its form', () => {
    const { vectors } = JSON.parse(gunzipSync(readFileSync(VECTORS ?? '')).toString()) as {
      vectors: { rule: string; label: number; text: string }[];
    };
    const positives = vectors.filter(({ rule, label }) => label === 1 && BY_FORM.includes(rule));
    expect(positives.length).toBeGreaterThan(100);
    expect(positives.filter(({ text }) => names(text).length === 0)).toEqual([]);
  });
});
