/**
 * Cloudflare AI Gateway, where the operator wants every vendor asked through it: one setting, the URL of
 * his gateway, for vendors and the Workers AI binding alike.
 *
 * Its cache is passed by: it would answer one workspace with what was said to another. What it logs is the
 * operator's choice, made there.
 *
 * @module
 */

import type { ModelBindings } from './model-bindings.ts';

export interface AiGateway {
  /** As the binding names it: the last part of its URL. */
  readonly id: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Setting = Pick<ModelBindings, 'AI_GATEWAY_URL' | 'AI_GATEWAY_TOKEN'>;

/** `https://gateway.ai.cloudflare.com/v1/<account>/<gateway>` */
const PATH = /^\/(?:[\w-]+\/)+([\w-]+)$/;

/** Nothing where none is set; what is set and cannot be read is `malformed`, and nobody is asked around it. */
export function aiGatewayOf({
  AI_GATEWAY_URL: text = '',
  AI_GATEWAY_TOKEN: token = '',
}: Setting): AiGateway | 'malformed' | undefined {
  if (text === '') return undefined;
  const url = URL.parse(text);
  const id = PATH.exec(url?.pathname.replace(/\/$/, '') ?? '')?.[1];
  if (url === null || id === undefined || url.search !== '' || url.hash !== '') return 'malformed';
  if (url.username !== '' || url.password !== '') return 'malformed';
  return {
    id,
    url: url.href.replace(/\/$/, ''),
    headers: {
      'cf-aig-skip-cache': 'true',
      ...(token !== '' && { 'cf-aig-authorization': `Bearer ${token}` }),
    },
  };
}

/** As the end of a sentence; nothing if all is well. */
export function gatewayProblem(env: Setting): string | undefined {
  if (aiGatewayOf(env) !== 'malformed') return undefined;
  return '"AI_GATEWAY_URL" must be https://gateway.ai.cloudflare.com/v1/<account>/<gateway>';
}
