/**
 * The `data` of server-sent events, one line each, as model providers send them.
 *
 * @module
 */

/** Longest line that is kept; a longer one is a provider gone wrong. */
const MAX_LINE_CHARACTERS = 1_048_576;

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS)
      throw new RangeError('Cannot read events: line too long');
    for (const line of lines) {
      const data = dataOf(line);
      if (data !== undefined) yield data;
    }
  }
  const data = dataOf(rest + decoder.decode());
  if (data !== undefined) yield data;
}

function dataOf(line: string): string | undefined {
  if (!line.startsWith('data:')) return undefined;
  const data = line.slice(5).trim();
  return data === '' ? undefined : data;
}
