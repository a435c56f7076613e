/**
 * Credentials that can be told from other text by their form alone.
 *
 * Vendors give their keys a literal beginning so that scanners find them. Only such formats are
 * here: a scanner that guesses from entropy cries wolf, and then it is switched off. A password
 * without a form of its own is not found.
 *
 * Every expression is bounded, and what a format reads ends where it could begin again, so the
 * whole scan takes time in proportion to the text.
 *
 * @module
 */

export interface SecretFormat {
  /** Kebab-case; what findings and records call it. */
  readonly name: string;
  /** Literal beginnings, each found only where no letter or digit stands before it. */
  readonly prefixes: readonly string[];
  /** What follows the prefix; sticky. A first group stands before the secret and is no part of it. */
  readonly body: RegExp;
  /** What the whole find must also hold. */
  readonly holding?: RegExp;
}

/** A format that is known by something in its middle. */
export interface InnerFormat {
  readonly name: string;
  readonly literal: string;
  /** Looks around the literal and matches from it on; sticky. */
  readonly pattern: RegExp;
}

const ALPHABETS = {
  hex: 'a-f0-9',
  anyHex: 'A-Fa-f0-9',
  upper: 'A-Z0-9',
  letter: 'A-Za-z',
  word: 'A-Za-z0-9',
  url: 'A-Za-z0-9_-',
  dotted: 'A-Za-z0-9_.=-',
  base64: 'A-Za-z0-9+/=_-',
} as const;

/** Longest run that is read where the vendor states no length. */
const OPEN_END = 255;

/** A prefix and a run of `min` or more characters; of exactly `min` if `max` is the same. */
function token(
  name: string,
  prefixes: string,
  run: readonly [alphabet: keyof typeof ALPHABETS, min: number, max?: number],
): SecretFormat {
  const [alphabet, min, max = OPEN_END] = run;
  const end = max === OPEN_END ? '' : '(?![A-Za-z0-9])';
  const body = new RegExp(`[${ALPHABETS[alphabet]}]{${min},${max}}${end}`, 'y');
  return { name, prefixes: prefixes.split(' '), body };
}

export const SECRET_FORMATS: readonly SecretFormat[] = [
  {
    name: 'private-key',
    prefixes: ['-----BEGIN '],
    body: /(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s\\,:.()]|-(?!-)){40,16384}/y,
    holding: /[A-Za-z0-9+/]{32}/,
  },
  {
    name: 'jwt',
    prefixes: ['eyJ'],
    body: /(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{10,4096}\.eyJ[A-Za-z0-9_-]{10,8192}\.[A-Za-z0-9_-]{16,2048}/y,
  },
  token('aws-access-key', 'AKIA ASIA ABIA ACCA', ['upper', 16, 16]),
  {
    name: 'aws-secret-key',
    prefixes: [
      ...['aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY', 'aws_secret_key'],
      ...['SecretAccessKey', 'secretAccessKey'],
    ],
    body: /(["'\\]{0,3}\s{0,4}(?:=>|[:=])\s{0,4}["'\\]{0,3})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/y,
  },
  token('aws-bedrock-key', 'ABSK', ['base64', 109, 269]),
  {
    name: 'aws-bedrock-key',
    prefixes: ['bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t'],
    body: /[A-Za-z0-9+/=_-]{0,2000}/y,
  },
  token('google-api-key', 'AIza', ['url', 35, 35]),
  token('google-client-secret', 'GOCSPX-', ['url', 28]),
  token('google-access-token', 'ya29.', ['url', 20]),
  token('alibaba-access-key', 'LTAI', ['word', 16, 24]),
  token('yandex-api-key', 'AQVN', ['url', 35, 38]),
  token('digitalocean-token', 'dop_v1_ doo_v1_ dor_v1_', ['hex', 64]),
  token('cloudflare-token', 'cfat_ cfut_ cfk_', ['word', 48, 48]),
  token('cloudflare-origin-ca-key', 'v1.0-', ['url', 171]),
  token('flyio-token', 'fo1_ fm1_ fm1a_ fm1r_ fm2_', ['base64', 43, 500]),
  token('heroku-key', 'HRKU-AA', ['url', 58]),
  token('netlify-token', 'nfp_', ['word', 36]),
  token('vercel-token', 'vcp_ vci_ vca_ vcr_ vck_', ['word', 40]),
  token('supabase-token', 'sbp_ sb_secret_', ['url', 30]),
  token('planetscale-token', 'pscale_tkn_ pscale_oauth_ pscale_pw_', ['dotted', 32]),
  token('clickhouse-key', '4b1d', ['word', 38, 38]),
  token('databricks-token', 'dapi', ['anyHex', 32, 32]),
  token('doppler-token', 'dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.', ['dotted', 40]),
  token('vault-token', 'hvs. hvb. hvr.', ['url', 24]),
  token('1password-token', 'ops_eyJ', ['base64', 200, 2000]),
  token('age-secret-key', 'AGE-SECRET-KEY-1', ['upper', 58]),

  token('github-token', 'ghp_ gho_ ghu_ ghr_', ['word', 36]),
  token('github-app-token', 'ghs_', ['dotted', 36, 2000]),
  token('github-fine-grained-token', 'github_pat_', ['url', 82]),
  token(
    'gitlab-token',
    'glpat- gldt- glptt- glrt- glrtr- glsoat- glcbt- glimt- glft- glagent- gloas- glffct-',
    ['dotted', 20],
  ),
  token('bitbucket-token', 'ATBB ATCTT3', ['dotted', 32]),
  token('atlassian-token', 'ATATT3', ['base64', 186]),
  token('npm-token', 'npm_', ['word', 36]),
  token('pypi-token', 'pypi-AgEIcHlwaS5vcmc', ['url', 50]),
  token('rubygems-token', 'rubygems_', ['hex', 48]),
  token('clojars-token', 'CLOJARS_', ['word', 60]),
  token('docker-token', 'dckr_pat_ dckr_oat_', ['url', 24]),
  token('artifactory-key', 'AKCp', ['word', 69, 69]),
  token('openshift-token', 'sha256~', ['url', 43]),
  token('octopus-key', 'API-', ['upper', 26, 26]),
  token('prefect-token', 'pnu_', ['word', 36]),
  token('postman-key', 'PMAK-', ['url', 59]),
  token('readme-key', 'rdme_', ['word', 70]),
  token('figma-token', 'figd_', ['url', 40]),
  token('linear-key', 'lin_api_ lin_oauth_', ['word', 32]),
  token('airtable-token', 'pat', ['dotted', 79, 79]),
  { name: 'notion-token', prefixes: ['ntn_'], body: /[0-9]{11}[A-Za-z0-9]{35}(?![A-Za-z0-9])/y },

  token('openai-key', 'sk-proj- sk-svcacct- sk-admin-', ['url', 40]),
  {
    name: 'openai-key',
    prefixes: ['sk-'],
    body: /[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48}(?![A-Za-z0-9])/y,
  },
  {
    name: 'anthropic-key',
    prefixes: ['sk-ant-'],
    body: /[a-z0-9]{3,10}-[A-Za-z0-9_-]{24,255}/y,
  },
  token('openrouter-key', 'sk-or-v1-', ['hex', 64]),
  token('groq-key', 'gsk_', ['word', 52, 52]),
  token('xai-key', 'xai-', ['word', 70]),
  token('perplexity-key', 'pplx-', ['word', 48]),
  token('replicate-token', 'r8_', ['word', 37, 40]),
  token('huggingface-token', 'hf_ api_org_', ['word', 34, 40]),

  {
    name: 'slack-token',
    prefixes: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxo-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'],
    body: /[0-9A-Za-z.]{1,12}-[A-Za-z0-9-]{12,400}/y,
  },
  {
    name: 'slack-webhook',
    prefixes: ['hooks.slack.com/services/'],
    body: /T[A-Z0-9]{6,14}\/B[A-Z0-9]{6,14}\/[A-Za-z0-9]{16,32}/y,
  },
  {
    name: 'discord-webhook',
    prefixes: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    body: /[0-9]{16,20}\/[A-Za-z0-9_-]{60,80}/y,
  },
  token('flutterwave-key', 'FLWSECK- FLWSECK_TEST-', ['word', 12, 64]),
  token('twilio-key', 'SK', ['hex', 32, 32]),
  {
    name: 'sendgrid-key',
    prefixes: ['SG.'],
    body: /[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}|[A-Za-z0-9_=.-]{66}(?![A-Za-z0-9])/y,
  },
  token('mailgun-key', 'key-', ['hex', 32, 32]),
  token('stripe-key', 'sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_', ['word', 20]),
  token('stripe-webhook-secret', 'whsec_', ['base64', 32]),
  token('square-token', 'sq0atp- sq0csp-', ['url', 22]),
  token('shopify-token', 'shpat_ shpca_ shppa_ shpss_', ['word', 32]),
  token('shippo-token', 'shippo_live_ shippo_test_', ['hex', 40]),
  token('easypost-key', 'EZAK EZTK', ['word', 54, 54]),
  token('facebook-token', 'EAAM EAAC', ['word', 100, 400]),
  token('grafana-token', 'glc_', ['base64', 32, 400]),
  {
    name: 'grafana-token',
    prefixes: ['glsa_'],
    body: /[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}/y,
  },
  token('new-relic-key', 'NRAK-', ['word', 27]),
  token('sentry-token', 'sntrys_eyJ sntryu_', ['base64', 64, 1000]),
  token('tailscale-key', 'tskey-', ['url', 30]),
];

export const INNER_FORMATS: readonly InnerFormat[] = [
  {
    name: 'azure-client-secret',
    literal: 'Q~',
    pattern: /(?<=(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9])Q~[A-Za-z0-9_~.-]{31,34}/y,
  },
  {
    name: 'azure-storage-key',
    literal: 'AccountKey=',
    pattern: /AccountKey=[A-Za-z0-9+/]{86}==/y,
  },
  {
    name: 'telegram-bot-token',
    literal: ':AA',
    pattern: /(?<=(?<![0-9])[0-9]{8,12}):AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/y,
  },
  {
    name: 'terraform-token',
    literal: '.atlasv1.',
    pattern: /(?<=[A-Za-z0-9]{14})\.atlasv1\.[A-Za-z0-9_=-]{60,70}/y,
  },
  {
    // Names that documents put there to be replaced are no credentials.
    name: 'url-credentials',
    literal: '://',
    pattern:
      /(?<=[a-z0-9]):\/\/(?!(?:user|username|name):(?:pass|password|pwd)@)[^\s:/?#@"'`<>{}$%[\]]{1,64}:[^\s:/?#@"'`<>{}$[\]]{3,128}@/iy,
  },
];
