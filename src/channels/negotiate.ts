/**
 * What a channel asks for against what its platform has. What is asked for and is not there is refused,
 * and never left out in silence.
 *
 * @module
 */

import type { ChannelSpec } from '../core/channels/channel-spec.ts';
import type { PointerError } from '../core/errors/pointer-errors.ts';
import { ADAPTERS } from './adapters.ts';

type Rule = readonly [isBroken: (spec: ChannelSpec) => boolean, problem: PointerError];

const isWebChat = ({ platform }: ChannelSpec) => platform === 'web-chat';

const RULES: readonly Rule[] = [
  [
    ({ platform, apiBase }) => (apiBase ?? ADAPTERS[platform].apiBase) === undefined,
    { pointer: '/apiBase', detail: 'must say where replies go on this platform' },
  ],
  [
    ({ platform, signs }) => signs.some((sign) => ADAPTERS[platform].signs[sign] === undefined),
    { pointer: '/signs', detail: 'must be among those that the platform has' },
  ],
  [
    ({ platform, format }) => format === 'markdown' && ADAPTERS[platform].markdown === 'never',
    { pointer: '/format', detail: 'must be "plain" on this platform' },
  ],
  [
    ({ platform, connector }) => connector !== undefined && platform !== 'teams',
    { pointer: '/connector', detail: 'must be absent but on "teams"' },
  ],
  [
    (spec) => (spec.origins !== undefined) !== isWebChat(spec),
    { pointer: '/origins', detail: 'must name the pages of a "web-chat", and of nothing else' },
  ],
  [
    (spec) => isWebChat(spec) && spec.apiBase !== undefined,
    { pointer: '/apiBase', detail: 'must be absent on "web-chat"' },
  ],
  [
    (spec) => isWebChat(spec) && (spec.bindings.length > 0 || spec.chats !== undefined),
    { pointer: '/bindings', detail: 'must be absent on "web-chat", as must "chats"' },
  ],
  [
    ({ bindings, chats = [] }) => {
      const all = [...chats, ...bindings.flatMap((binding) => binding.chats)];
      return new Set(all).size < all.length;
    },
    { pointer: '/bindings', detail: 'must name each chat once' },
  ],
];

export function findSpecProblems(spec: ChannelSpec): readonly PointerError[] {
  return RULES.filter(([isBroken]) => isBroken(spec)).map(([, problem]) => problem);
}
