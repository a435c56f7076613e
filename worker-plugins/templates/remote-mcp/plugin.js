// A remote MCP server as a plugin. Made of the `remote` section of its manifest; what it may call, and in
// which words its tools were described when they were looked at, stands here and changes with it alone.

import { config } from 'sallyport:config';
import { fetch } from 'sallyport:http';

const SERVER = __server__;

/** How it proves itself there, or null. What the vault holds is never seen here: handles stand for it. */
const AUTH = __auth__;

/** The definition of each tool as it was looked at, by the name that the server gives it. */
const PINNED = __pinned__;

const REVISION = '2025-11-25';

/** What a server may answer that does not speak it yet. */
const OLDER_REVISIONS = ['2025-06-18', '2025-03-26', '2024-11-05'];

/** What a server speaks that knows no `initialize` any more. */
const NEWER_REVISION = '2026-07-28';

const CLIENT_INFO = { name: 'sallyport', version: '1.0.0' };

/** Most pages of the list of tools: a server without an end is not read to it. */
const MAX_PAGES = 8;

/** A shorter text stands anywhere by chance, and is not looked for. */
const MIN_HIDDEN_CHARS = 8;

/** Longest that a server is waited for that ends a session: its answer to the call is there. */
const GOODBYE_MS = 1_000;

/** Of what a definition says to a model or a person. */
const TOLD = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'];

class Connection {
  /** Unknown until the server has said what it speaks. */
  #revision;
  #session;
  #authorization = authorization();
  #lastId = 0;

  open() {
    const params = { protocolVersion: REVISION, capabilities: {}, clientInfo: CLIENT_INFO };
    const greeting = { id: ++this.#lastId, method: 'initialize', params };
    const greeted = this.#send(greeting);
    if (greeted.status === 400) {
      this.#revision = NEWER_REVISION;
      return;
    }
    const { protocolVersion } = this.#resultOf(greeting, greeted);
    if (![REVISION, ...OLDER_REVISIONS].includes(protocolVersion)) {
      throw new Error('The server speaks no revision that is spoken here');
    }
    this.#revision = protocolVersion;
    this.#session = greeted.headers.get('mcp-session-id');
    requireOk(this.#send({ method: 'notifications/initialized' }));
  }

  request(method, params) {
    const asked = { id: ++this.#lastId, method, params };
    return this.#resultOf(asked, this.#send(asked));
  }

  /** What the server asks on its side goes by numbers of its own, which may be ours. */
  #resultOf({ id, method }, response) {
    const answer = readMessages(this.#show(requireOk(response))).find(
      (one) => one?.id === id && one.method === undefined,
    );
    if (typeof answer?.result !== 'object' || answer.result === null) {
      throw new Error(`The server refuses ${method}${reasonOf(answer?.error)}`);
    }
    return answer.result;
  }

  /** An access token is none of the vault's, so nobody else looks for it in what comes back. */
  #show(response) {
    const [, token = ''] = this.#authorization.Authorization?.split(' ') ?? [];
    const text = response.text();
    const shown = token.length < MIN_HIDDEN_CHARS ? text : text.replaceAll(token, '[secret]');
    return { type: response.headers.get('content-type') ?? '', text: shown };
  }

  #send(message) {
    const isNewer = this.#revision === NEWER_REVISION;
    const sent = isNewer ? withMeta(message) : message;
    return fetch(SERVER, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        ...(isNewer && { 'Mcp-Method': message.method }),
        ...(isNewer && message.params.name && { 'Mcp-Name': message.params.name }),
        ...this.#place(),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...sent }),
    });
  }

  /** A server keeps a session until it hears that nobody needs it. What was asked is done, whatever it says. */
  close() {
    if (!this.#session) return;
    const headers = this.#place();
    try {
      fetch(SERVER, { method: 'DELETE', headers, timeoutMs: GOODBYE_MS, redirect: 'manual' });
    } catch {} // The server ends it in its own time.
  }

  #place() {
    return {
      ...(this.#revision && { 'MCP-Protocol-Version': this.#revision }),
      ...(this.#session && { 'Mcp-Session-Id': this.#session }),
      ...this.#authorization,
    };
  }
}

/** In the newer revision each request says what the greeting said before. */
function withMeta(message) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': NEWER_REVISION,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { ...message, params: { ...message.params, _meta } };
}

function requireOk(response) {
  if (!response.ok) throw new Error(`The server answers ${response.status}`);
  return response;
}

/** In the server's own words: they end in the log of the plugin, which its operators read and no model. */
function reasonOf(error) {
  const { code, message } = error ?? {};
  if (typeof code !== 'number' || typeof message !== 'string') return '';
  return ` (${code}: ${message})`;
}

function authorization() {
  const secret = config.get('token');
  if (!AUTH || !secret) return {};
  return { Authorization: `Bearer ${AUTH.type === 'oauth' ? fetchToken(secret) : secret}` };
}

/** An access token by the client credentials grant (RFC 6749 section 4.4), for this call alone. */
function fetchToken(credentials) {
  const fields = [
    'grant_type=client_credentials',
    `resource=${encodeURIComponent(SERVER)}`,
    ...(AUTH.scope ? [`scope=${encodeURIComponent(AUTH.scope)}`] : []),
  ];
  const response = fetch(AUTH.tokenUrl, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Accept: 'application/json',
      Authorization: `Basic ${credentials}`,
    },
    body: fields.join('&'),
  });
  const token = response.ok ? response.json().access_token : undefined;
  if (typeof token !== 'string') throw new Error(`The token endpoint answers ${response.status}`);
  return token;
}

/** The messages of an answer, which is one of them or a stream of events. */
function readMessages({ type, text }) {
  if (!/^text\/event-stream\b/i.test(type)) return [JSON.parse(text)].flat();
  const messages = [];
  let kind = '';
  let data = '';
  for (const line of linesOf(text)) {
    if (line.startsWith('data:')) data += `${line.slice('data:'.length)}\n`;
    if (line.startsWith('event:')) kind = line.slice('event:'.length).trim();
    if (line !== '') continue;
    if (data.trim() !== '' && ['', 'message'].includes(kind)) messages.push(JSON.parse(data));
    kind = data = '';
  }
  return messages;
}

/** Looked for one by one: an expression would spend all fuel on a long answer. The last event ends with it. */
function* linesOf(text) {
  const plain = text.includes('\r') ? text.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : text;
  for (let from = 0; from < plain.length; ) {
    const end = plain.indexOf('\n', from);
    const to = end === -1 ? plain.length : end;
    yield plain.slice(from, to);
    from = to + 1;
  }
  yield '';
}

/** Page by page, as far as anybody looks. */
function* toolsOf(connection) {
  let cursor;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { tools, nextCursor } = connection.request('tools/list', cursor ? { cursor } : {});
    yield* tools;
    if (nextCursor === undefined) return;
    cursor = nextCursor;
  }
}

function findTool(connection, name) {
  for (const tool of toolsOf(connection)) if (tool.name === name) return tool;
  throw new Error(`The server has no tool ${name} any more`);
}

/** Keys in one order, so that equal definitions are equal texts. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

/** All of a definition that says what the tool is. */
const told = (tool) => Object.fromEntries(TOLD.map((key) => [key, tool[key]]));

function connected(use) {
  const connection = new Connection();
  try {
    connection.open();
    return use(connection);
  } finally {
    connection.close();
  }
}

export function call(name, args) {
  const result = connected((connection) => callPinned(connection, name, args));
  const { content, isError, structuredContent, resultType = 'complete' } = result;
  // Half an answer, which asks for more, is no success.
  if (!Array.isArray(content) || resultType !== 'complete') {
    throw new Error(`The server has no result of ${name}`);
  }
  return { content, isError, structuredContent };
}

function callPinned(connection, name, args) {
  if (canonical(told(findTool(connection, name))) !== canonical(PINNED[name])) {
    throw new Error(`The tool ${name} is not the one that was looked at: accept it anew`);
  }
  return connection.request('tools/call', { name, arguments: args });
}

/** What the server offers now, to be put into the `remote` section by whoever accepts it. */
export function look() {
  return { tools: connected((connection) => [...toolsOf(connection)]).map(told) };
}
