/**
 * Resources: the last segments of a capability, written from a value that the world uses.
 *
 * {@link toResource} is the only writer. It escapes whatever could be mistaken for notation, so a
 * file named `a:*` is one segment without a star, and it refuses what has a second spelling. The
 * value must be canonical already: nothing here resolves a path or looks up a name.
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';
import { isCanonicalHost } from './canonical-host.ts';
import {
  decodeSegment,
  encodeSegment,
  findSegmentProblem,
  MAX_PATTERN_LENGTH,
} from './notation.ts';
import type { MalformedCapability } from './pattern.ts';

/** A canonical host (see `canonical-host.ts`; IPv6 without brackets) and a TCP port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What each kind of resource is written from. */
export interface ResourceValues {
  /** An absolute, resolved path: one segment. */
  readonly path: string;
  /** Any other name (program, model, tool, database, variable, secret, channel): one segment. */
  readonly name: string;
  /** Two segments. */
  readonly 'host-port': HostPort;
}

export type ResourceKind = keyof ResourceValues;

/** What each kind looks like, for the author of a pattern. */
export const RESOURCE_FORMS: Readonly<Record<ResourceKind, string>> = {
  path: 'a path that begins with "/", a ":" in which is written as "%3A"',
  name: 'one thing, a ":" in whose name is written as "%3A"',
  'host-port': 'a lower-case host without a dot at its end, and a port from 1 to 65535',
};

type Written = Result<string, MalformedCapability>;

const WRITERS: { readonly [K in ResourceKind]: (value: ResourceValues[K]) => Written } = {
  path: (path) => {
    if (!path.startsWith('/')) return malformed('path', 'it must begin with "/"');
    return writeSegment('path', path);
  },
  name: (name) => writeSegment('name', name),
  'host-port': ({ host, port }) => {
    if (!isCanonicalHost(host)) {
      return malformed('host', 'it must be a lower-case A-label or a canonical IP address');
    }
    if (!isPort(String(port))) return malformed('port', 'it must be a whole number to 65535');
    return ok(`${encodeSegment(host)}:${port}`);
  },
};

const READERS: { readonly [K in ResourceKind]: (text: string) => boolean } = {
  path: (text) => !text.includes(':') && /^[/*]/.test(text),
  name: (text) => text !== '' && !text.includes(':'),
  'host-port': (text) => {
    const [host = '', port, ...more] = text.split(':');
    if (port === undefined) return host === '*';
    return more.length === 0 && couldBeHost(host) && couldBePort(port);
  },
};

/** Characters of a host pattern with a star in it; a host never ends in a dot. */
const HOST_GLOB = /^(?:[a-z0-9._*-]|%3A)*(?:[a-z0-9_*-]|%3A)$/;
const PORT_GLOB = /^[0-9*]{1,6}$/;

/**
 * Writes a value as the resource of a capability, in normal form NFC: one segment, or two for a
 * host and its port. The value may come from a call's arguments, so the message of a refusal
 * never repeats any of it.
 *
 * @example
 * ```ts
 * toResource('path', '/etc/a:b');                            // value: '/etc/a%3Ab'
 * toResource('host-port', { host: '2001:db8::1', port: 443 }); // value: '2001%3Adb8%3A%3A1:443'
 * toResource('path', '/data/../etc');                        // error: malformed_capability
 * ```
 */
export function toResource<K extends ResourceKind>(kind: K, value: ResourceValues[K]): Written {
  return WRITERS[kind](value);
}

/**
 * Whether the text after a family's name can be a resource of this kind. Exact for a text without
 * a star; with one, a yes may be too kind but a no is certain: the pattern matches nothing.
 */
export function couldBeResource(kind: ResourceKind, text: string): boolean {
  return READERS[kind](text);
}

function writeSegment(kind: ResourceKind, value: string): Written {
  const tooLong = `it must have at most ${MAX_PATTERN_LENGTH} characters when written`;
  // No character is written shorter than it is stored, so this bounds the work below.
  if (value.length > MAX_PATTERN_LENGTH) return malformed(kind, tooLong);
  if (!value.isWellFormed()) return malformed(kind, 'it must hold no lone surrogate');

  const segment = encodeSegment(value.normalize('NFC'));
  if (segment.length > MAX_PATTERN_LENGTH) return malformed(kind, tooLong);
  const problem = findSegmentProblem(segment);
  return problem === undefined ? ok(segment) : malformed(kind, `it ${problem}`);
}

function couldBeHost(text: string): boolean {
  return text.includes('*') ? HOST_GLOB.test(text) : isCanonicalHost(decodeSegment(text) ?? '');
}

function couldBePort(text: string): boolean {
  return text.includes('*') ? PORT_GLOB.test(text) : isPort(text);
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535;
}

function malformed(noun: string, problem: string): Result<never, MalformedCapability> {
  const message = `Cannot write a ${noun} as a resource: ${problem}`;
  return err({ code: 'malformed_capability', message });
}
