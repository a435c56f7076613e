/**
 * The gateway that a command talks to: one that is named, or the one of this clone.
 *
 * @module
 */

import { join } from 'node:path';
import { isJsonObject } from '../../core/primitives/json.ts';
import type { Invocation, OptionDeclaration } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { PROJECT_ROOT } from '../project-root.ts';
import { readJson } from '../read-file.ts';
import type { GatewayAddress } from './gateway-client.ts';

const MAX_LOCAL_FILE_BYTES = 65_536;

export const GATEWAY_OPTIONS: Readonly<Record<string, OptionDeclaration>> = {
  url: { value: '<url>', help: 'a gateway that runs; its token is --token or SALLYPORT_TOKEN' },
  token: { value: '<token>', help: 'better in SALLYPORT_TOKEN: others may see command lines' },
};

/** What was named, or nothing. A token is never sent to another place than it was given for. */
export function namedGateway(invocation: Invocation): GatewayAddress | undefined {
  const url = invocation.value('url');
  if (url === undefined) {
    if (invocation.value('token') === undefined) return undefined;
    throw CommandFailure.usage('Cannot use --token by itself: it must stand beside --url');
  }
  const token = invocation.value('token') ?? process.env.SALLYPORT_TOKEN;
  if (!token) throw CommandFailure.usage('Cannot use --url by itself: it needs a token');
  return checked({ url, token });
}

/** What `npm start` of this clone has left for scripts. */
export function localGateway(): GatewayAddress {
  const file = process.env.SALLYPORT_LOCAL_FILE || join(PROJECT_ROOT, '.sallyport/local.json');
  const local = readLocalFile(file);
  if (isJsonObject(local) && typeof local.url === 'string' && typeof local.token === 'string') {
    return checked({ url: local.url, token: local.token });
  }
  throw CommandFailure.usage(`Cannot use "${file}": it must hold "url" and "token"`);
}

function readLocalFile(file: string) {
  try {
    return readJson(file, MAX_LOCAL_FILE_BYTES);
  } catch {
    throw CommandFailure.usage(
      'Cannot find a gateway: start one with "npm start", or name one with --url',
    );
  }
}

function checked({ url, token }: GatewayAddress): GatewayAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '') {
    throw CommandFailure.usage(`Cannot use the gateway "${url}": it must be an http or https URL`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw CommandFailure.usage('Cannot use the token: it must be printable ASCII');
  }
  return { url: parsed.origin, token };
}
