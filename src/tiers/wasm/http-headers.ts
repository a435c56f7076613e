/**
 * Which request headers a plugin may set, and which of them follow a redirect to another origin.
 *
 * @module
 */

/** Headers with a meaning to the server alone, none of which the connection is built from. */
const ALLOWED: ReadonlySet<string> = new Set([
  ...['accept', 'accept-language', 'api-key', 'apikey', 'authorization', 'cache-control'],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-md5', 'content-type'],
  ...['cookie', 'date', 'digest', 'dpop', 'etag', 'idempotency-key', 'if-match'],
  ...['if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-event-id'],
  ...['link', 'mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id'],
  ...['notion-version', 'openai-organization'],
  ...['openai-project', 'anthropic-version', 'pragma', 'prefer', 'private-token', 'range'],
  ...['referer', 'signature', 'signature-input', 'soapaction', 'traceparent', 'tracestate'],
  ...['user-agent'],
]);

/** Extension headers, without those by which proxies vouch for a client. */
const EXTENSION = /^x-(?!forwarded|real-ip|original|client-ip|cluster-client-ip|http-method)/;

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** Visible characters, space and tab; others could end the header or confuse its reader. */
const VALUE = /^[\t\x20-\x7e\u0080-\u00ff]{0,8192}$/;

const MAX_HEADERS = 64;

/** What describes the body, dropped together with it. */
const BODY_HEADERS: ReadonlySet<string> = new Set([
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-md5',
  'content-type',
]);

/** What tells another origin nothing about who asks. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['accept', 'accept-language', 'cache-control', 'content-encoding', 'content-language'],
  ...['content-type', 'if-modified-since', 'if-none-match', 'pragma', 'range', 'user-agent'],
]);

export type HeaderRecord = Readonly<Record<string, string>>;

/** The headers with lower-case names, or `undefined` if one of them is not allowed. */
export function readRequestHeaders(headers: HeaderRecord): HeaderRecord | undefined {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return undefined;
  const allowed: Record<string, string> = {};
  for (const [written, value] of entries) {
    const name = written.toLowerCase();
    const isKnown = ALLOWED.has(name) || EXTENSION.test(name);
    if (!isKnown || !NAME.test(name) || !VALUE.test(value)) return undefined;
    allowed[name] = value;
  }
  return allowed;
}

/** Whether a text can stand in a header as it is. */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text);
}

/** For a hop that has no body any more. */
export function withoutBodyHeaders(headers: HeaderRecord): HeaderRecord {
  return pick(headers, (name) => !BODY_HEADERS.has(name));
}

/** For a hop to another origin: no credentials, whatever the header that holds them is called. */
export function forAnotherOrigin(headers: HeaderRecord): HeaderRecord {
  return pick(headers, (name) => HARMLESS.has(name));
}

function pick(headers: HeaderRecord, keeps: (name: string) => boolean): HeaderRecord {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => keeps(name)));
}
