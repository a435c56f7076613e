/**
 * Whether tokens travel unseen to a gateway.
 *
 * @module
 */

import type { Finding } from './finding.ts';

export interface GatewayPlace {
  readonly url: string;
  /** Then nobody else sees what travels. */
  readonly isLoopback: boolean;
}

export function judgeTransport({ url, isLoopback }: GatewayPlace): readonly Finding[] {
  if (!url.startsWith('http:') || isLoopback) return [];
  return [
    {
      id: 'no-tls',
      level: 'high',
      sentence: `Tokens go over ${url} in clear text`,
      evidence: { url },
      command: 'npm run deploy',
    },
  ];
}
