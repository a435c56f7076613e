/**
 * A page's side of a web chat, as a test drives it.
 *
 * @module
 */

import { request } from 'node:http';
import { vi } from 'vitest';
import type { Api } from './api.ts';
import { SOON } from './channels.ts';
import type { Gateway } from './gateway.ts';

export const PAGE = 'https://shop.example';

export interface ChatFrame {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every shape
  readonly [member: string]: any;
}

export interface TestPage {
  readonly frames: ChatFrame[];
  readonly replies: () => string[];
  readonly send: (frame: object | string | Uint8Array<ArrayBuffer>) => void;
  /** Sends a message and waits for the word on it. */
  readonly say: (id: string, text: string) => Promise<ChatFrame>;
  /** Resolves with the first frame that fits. */
  readonly until: (fits: (frame: ChatFrame) => boolean) => Promise<ChatFrame>;
  readonly close: () => void;
  readonly closed: Promise<number>;
}

export const issueTicket = async (api: Api, channel: string, sender: string): Promise<string> =>
  (await api.post(`/v1/channels/${channel}/tickets`, { sender })).body.ticket;

interface Visit {
  readonly channel: string;
  readonly ticket: string;
  readonly origin?: string | undefined;
  readonly workspace?: string;
}

const pathOf = ({ channel, ticket, workspace = 'default' }: Visit) =>
  `/v1/web-chats/${workspace}/${channel}?ticket=${encodeURIComponent(ticket)}`;

/** The status of the upgrade's answer; of a refused one nothing is left open. */
export function knock(gateway: Pick<Gateway, 'url'>, visit: Visit): Promise<number> {
  const origin = 'origin' in visit ? visit.origin : PAGE;
  return new Promise((resolve, reject) => {
    const asking = request(gateway.url + pathOf(visit), {
      headers: {
        ...{ Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...(origin !== undefined && { Origin: origin }),
      },
    });
    asking.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asking.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asking.on('error', reject);
    asking.end();
  });
}

export async function openPage(gateway: Pick<Gateway, 'url'>, visit: Visit): Promise<TestPage> {
  const url = gateway.url.replace('http', 'ws') + pathOf(visit);
  const socket = new WebSocket(url, { headers: { Origin: visit.origin ?? PAGE } } as never);
  const frames: ChatFrame[] = [];
  socket.addEventListener('message', ({ data }) => {
    if (String(data).startsWith('{')) frames.push(JSON.parse(String(data)));
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
  });
  const until = (fits: (frame: ChatFrame) => boolean) =>
    vi.waitFor(() => {
      const found = frames.find(fits);
      if (found === undefined) throw new Error(`no such frame: ${JSON.stringify(frames)}`);
      return found;
    }, SOON);
  const send: TestPage['send'] = (frame) =>
    socket.send(
      typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame),
    );
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The gateway did not connect')));
  });
  // A connection on which its client has said nothing is closed late by the runtime.
  socket.send('ping');
  return {
    ...{ frames, send, until, closed },
    replies: () => frames.filter(({ kind }) => kind === 'reply').map(({ text }) => text),
    say: (id, text) => {
      send({ kind: 'message', id, text });
      return until((frame) => frame.id === id);
    },
    close: () => socket.close(),
  };
}
