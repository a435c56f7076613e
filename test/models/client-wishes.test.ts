import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModelChunk, ModelRequest } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { answerWith, data, events } from './support/fake-vendor.ts';
import { requestOf, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const MODEL = 'openai-compatible/test';
const ENV = { OPENAI_COMPATIBLE_BASE_URL: 'https://models.example/v1' };

function reply(finish: string): () => Response {
  const frame = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'test' };
  const delta = { role: 'assistant', content: 'Well' };
  return events(
    data({ ...frame, choices: [{ index: 0, delta, finish_reason: null }] }),
    data({ ...frame, choices: [{ index: 0, delta: {}, finish_reason: finish }] }),
    'data: [DONE]',
  );
}

async function send(wishes: Partial<ModelRequest>, finish = 'stop') {
  const sent = answerWith(reply(finish));
  const chosen = chooseModel({ ...ENV, OPENAI_COMPATIBLE_NAME: 'openai-compatible' }, MODEL);
  if (!chosen.ok) throw new Error(chosen.error.message);
  const chunks: ModelChunk[] = [];
  const request = requestOf([user('x')], { model: MODEL, ...wishes });
  const { signal } = new AbortController();
  for await (const chunk of chosen.value.stream(request, signal)) chunks.push(chunk);
  return { body: sent[0]?.body, end: chunks.at(-1) };
}

describe('what a client wishes of a reply', () => {
  test('goes to the vendor under its own names', async () => {
    const { body } = await send({
      temperature: 0.2,
      topP: 0.9,
      stopSequences: ['END'],
      format: { kind: 'json' },
      toolChoice: 'required',
    });
    expect(body).toMatchObject({
      temperature: 0.2,
      top_p: 0.9,
      stop: ['END'],
      response_format: { type: 'json_object' },
      tool_choice: 'required',
    });
  });

  test.each([true, false])(
    'may be a schema, with how strictly it is meant: %j',
    async (isStrict) => {
      const schema = { type: 'object', properties: { answer: { type: 'number' } } };
      const named = { name: 'answer', description: 'The answer.', schema };
      const { body } = await send({ format: { kind: 'schema', ...named, isStrict } });
      expect(body?.response_format).toEqual({
        type: 'json_schema',
        json_schema: { ...named, strict: isStrict },
      });
    },
  );

  test('may be one tool that must be called', async () => {
    const { body } = await send({ toolChoice: { tool: 'text-stats' } });
    expect(body?.tool_choice).toEqual({ type: 'function', function: { name: 'text-stats' } });
  });

  test('may be one call at a time, where there is something to call', async () => {
    expect((await send({ singleCall: true })).body).toMatchObject({ parallel_tool_calls: false });
    const { body } = await send({ singleCall: true, tools: [] });
    expect(body).not.toHaveProperty('parallel_tool_calls');
  });

  test('holds for each tool of the client by itself', async () => {
    const tool = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } };
    const tools = [{ ...tool, isStrict: true }, { ...tool, isStrict: false }, tool];
    const { body } = await send({ tools });
    const sent = body?.tools as { readonly function: { readonly strict?: boolean } }[];
    expect(sent.map(({ function: { strict } }) => strict)).toEqual([true, false, undefined]);
  });

  test('is nothing where it wishes nothing', async () => {
    const { body } = await send({});
    for (const name of ['temperature', 'top_p', 'stop', 'response_format', 'parallel_tool_calls']) {
      expect(body).not.toHaveProperty(name);
    }
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'filter'],
    ['stop', undefined],
  ])('a reply that ends with "%s" says whether it was cut', async (finish, cut) => {
    const { end } = await send({}, finish);
    expect(end?.kind === 'end' && end.cut).toBe(cut);
  });
});
