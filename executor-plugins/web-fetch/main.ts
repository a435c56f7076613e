/**
 * Fetches one page. The only way out is the executor's proxy, which lets through the host of the
 * URL and no other: a redirect elsewhere ends as an error.
 *
 * @module
 */

import { json } from 'node:stream/consumers';

const MAX_TEXT_BYTES = 262_144;
const TIMEOUT_MS = 20_000;

interface Input {
  readonly arguments: { readonly url: string };
}

interface Page {
  readonly status: number;
  readonly contentType?: string;
  readonly text: string;
  readonly truncated: boolean;
}

async function fetchPage(url: string): Promise<Page> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const contentType = response.headers.get('Content-Type');
  const { text, truncated } = await readText(response);
  return { status: response.status, ...(contentType !== null && { contentType }), text, truncated };
}

async function readText({ body }: Response): Promise<Pick<Page, 'text' | 'truncated'>> {
  const decoder = new TextDecoder();
  let text = '';
  let left = MAX_TEXT_BYTES;
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left < 0) return { text, truncated: true };
  }
  return { text: text + decoder.decode(), truncated: false };
}

const { arguments: args } = (await json(process.stdin)) as Input;
const page = await fetchPage(args.url).catch(
  (): Page => ({ status: 0, text: 'no answer came', truncated: false }),
);
process.stdout.write(JSON.stringify(page));
process.exit(0);
