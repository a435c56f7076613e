/**
 * Credentials that are known by a literal in their middle.
 *
 * @module
 */

import type { InnerRow } from './secret-rule.ts';

export const INNER_TOKENS: readonly InnerRow[] = [
  ['azure-client-secret', 'Q~', 'tilde{3} digit{1}', 'tilde{31,34}', { entropy: 3 }],
  ['azure-function-key', 'AzFu', 'url{44}', 'base64{4,}'],
  ['azure-storage-key', '+ASt', 'base64{76}', 'base64{6} =='],
  ['azure-cosmos-key', 'ACDb', 'base64{76}', 'base64{6} =='],
  ['telegram-bot-token', ':AA', 'digit{8,12}', 'url{33}'],
  ['terraform-token', '.atlasv1.', 'word{14}', 'dotted{60,70}', { entropy: 3 }],
  ['okta-token', 'SSWS ', '', 'url{42}'],
  ['facebook-app-token', '|', 'digit{15,16}', 'url{27}', { entropy: 3 }],
  ['maxmind-key', '_mmk', 'word{6} _ word{29}', 'word{0,1}'],
  ['google-service-account', '.iam.gserviceaccount.com:', 'url{1,64}', 'base64{40,}'],
  [
    'zapier-webhook',
    'hooks.zapier.com/hooks/catch/',
    'letter{0,5} ://',
    'digit{5,10} / word{6,10}',
  ],
  ['ifttt-webhook', 'maker.ifttt.com/trigger/', 'letter{0,5} ://', 'url{1,64} /with/key/ url{20,}'],
];
