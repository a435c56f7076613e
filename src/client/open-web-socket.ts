/**
 * Opens a WebSocket with a token, wherever that can be done: in Workers by a request that asks for an
 * upgrade, in Node (22 and newer) and its like by a constructor that takes headers. Browsers cannot.
 *
 * @module
 */

import { type Connection, readProblem, SallyportError } from './request.ts';

/** What a Worker's `fetch` answers, and a browser's does not. */
interface UpgradeAnswer {
  readonly webSocket?: (WebSocket & { readonly accept: () => void }) | null;
}

type HeaderSocket = new (
  url: string,
  options: { readonly headers: Record<string, string> },
) => WebSocket;

/**
 * @throws SallyportError if the gateway refuses, or cannot be reached (`disconnected`), or if no token
 * can be sent from here (`unsupported`).
 */
export async function openWebSocket(connection: Connection, path: string): Promise<WebSocket> {
  const { href } = new URL(path, connection.url);
  const headers = { Authorization: `Bearer ${connection.token}` };
  if ('WebSocketPair' in globalThis) return await askForUpgrade(connection, href, headers);
  if (!('WebSocket' in globalThis)) {
    throw problem(
      'unsupported',
      'Cannot open a WebSocket: this runtime has none (Node has, from 22)',
    );
  }
  const socket = construct(href.replace(/^http/, 'ws'), headers);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () =>
      reject(problem('disconnected', 'The gateway did not open a WebSocket')),
    );
  });
  return socket;
}

async function askForUpgrade(
  connection: Connection,
  url: string,
  headers: Record<string, string>,
): Promise<WebSocket> {
  const send = connection.fetch ?? fetch;
  const answer = await send(url, { headers: { ...headers, Upgrade: 'websocket' } });
  const { webSocket } = answer as UpgradeAnswer;
  if (!webSocket) {
    throw new SallyportError(answer.status, readProblem(await answer.text()), undefined);
  }
  webSocket.accept();
  return webSocket;
}

function construct(url: string, headers: Record<string, string>): WebSocket {
  try {
    return new (WebSocket as unknown as HeaderSocket)(url, { headers });
  } catch (error) {
    // A browser takes the options for the name of a protocol, and refuses it.
    if (!(error instanceof SyntaxError || (error as Error).name === 'SyntaxError')) throw error;
    throw problem('unsupported', 'Cannot open a WebSocket: no token can be sent with it from here');
  }
}

function problem(code: string, detail: string): SallyportError {
  return new SallyportError(0, { code, detail }, undefined);
}
