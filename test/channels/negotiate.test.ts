import { expect, test } from 'vitest';
import { findSpecProblems } from '../../src/channels/negotiate.ts';
import { channelSchema } from '../../src/core/channels/channel-spec.ts';

const pointers = (change: object) => {
  const spec = { name: 'x', platform: 'slack', access: { mode: 'closed' }, capabilities: [] };
  return findSpecProblems(channelSchema.parse({ ...spec, ...change })).map(
    ({ pointer }) => pointer,
  );
};

const connector = {
  metadataUrl: 'https://login.example/keys',
  issuer: 'https://api.example',
  tokenUrl: 'https://login.example/token',
};
const origins = ['https://shop.example'];

test.each<[string, object, readonly string[]]>([
  ['nothing but what there is', {}, []],
  ['a reaction on Slack', { signs: ['reaction'] }, []],
  ['typing on Slack', { signs: ['typing'] }, ['/signs']],
  ['typing on Telegram', { platform: 'telegram', signs: ['typing', 'reaction'] }, []],
  ['Markdown on Slack', { format: 'markdown' }, []],
  ['Markdown on WhatsApp', { platform: 'whatsapp', format: 'markdown' }, ['/format']],
  ['a webhook without an address', { platform: 'webhook' }, ['/apiBase']],
  ['another cloud for Slack', { connector }, ['/connector']],
  ['another cloud for Teams', { platform: 'teams', connector }, []],
  ['pages of Slack', { origins }, ['/origins']],
  ['a web chat without pages', { platform: 'web-chat' }, ['/origins']],
  ['a web chat', { platform: 'web-chat', origins }, []],
  [
    'a web chat elsewhere',
    { platform: 'web-chat', origins, apiBase: 'https://a.example' },
    ['/apiBase'],
  ],
  ['a web chat of certain chats', { platform: 'web-chat', origins, chats: ['a'] }, ['/bindings']],
  [
    'a chat of two workspaces',
    { chats: ['a'], bindings: [{ chats: ['a'], workspace: 'other', channel: 'x' }] },
    ['/bindings'],
  ],
])('%s', (_, change, expected) => {
  expect(pointers(change)).toEqual(expected);
});

test.each(['https://shop.example/', 'shop.example', 'https://*', 'null'])(
  '%j is no origin',
  (text) => {
    expect(() => pointers({ platform: 'web-chat', origins: [text] })).toThrow();
  },
);
