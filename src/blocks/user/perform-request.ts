/**
 * Does what a behaviour has asked for: calls a tool, looks into storage, reads a setting.
 *
 * @module
 */

import type { BlockRequest } from '../../core/blocks/effect.ts';
import { PRIVATE_LABEL } from '../../core/policy/flow.ts';
import { joinLabels } from '../../core/policy/labels.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callToolForBlock } from './call-tool.ts';
import type { Perform, Performed, Performing } from './requests.ts';
import { storeForBlock } from './store-for-block.ts';

/** Settings that blocks may read are variables of the deployment whose names begin so. */
const SETTING_PREFIX = 'SALLYPORT_ENV_';

export function createPerform(env: BlockBindings): Perform {
  return (performing) => {
    const { request } = performing.stored;
    switch (request.type) {
      case 'call-tool':
        return callToolForBlock(env, request, performing);
      case 'memory':
        return storeForBlock(env, { space: 'memory', act: request.act }, performing);
      case 'db':
        return storeForBlock(env, { space: `db:${request.name}`, act: request.act }, performing);
      case 'env':
        return Promise.resolve(readSetting(env, request, performing));
    }
  };
}

type EnvRequest = Extract<BlockRequest, { readonly type: 'env' }>;

/** Text or nothing: no other binding can be reached by a name. */
function readSetting(env: BlockBindings, { name }: EnvRequest, { stored }: Performing): Performed {
  const value: unknown = Reflect.get(env, `${SETTING_PREFIX}${name}`);
  const answer = { value: typeof value === 'string' ? value : null };
  return { kind: 'answered', answer, label: joinLabels(stored.label, PRIVATE_LABEL) };
}
