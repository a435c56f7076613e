/** A web front end: the chat transport of the AI SDK, unmodified, as a browser's hook uses it. */

import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi, SCRIPT_MODEL, script } from '../../support/api.ts';
import { askAlways, credential } from '../../support/approvals.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

function transport(token = gateway.token): DefaultChatTransport<UIMessage> {
  return new DefaultChatTransport({
    api: `${gateway.url}/v1/ui/messages`,
    headers: { Authorization: `Bearer ${token}` },
    body: { model: SCRIPT_MODEL },
  });
}

const said = (text: string, id: string): UIMessage => ({
  id,
  role: 'user',
  parts: [{ type: 'text', text }],
});

function send(chatId: string, messages: UIMessage[], of = transport()) {
  const trigger = 'submit-message' as const;
  return of.sendMessages({
    chatId,
    messages,
    trigger,
    messageId: undefined,
    abortSignal: undefined,
  });
}

type Stream = NonNullable<Awaited<ReturnType<ReturnType<typeof transport>['reconnectToStream']>>>;

/** The message as it stands once `until` holds, or at the end. */
async function read(stream: Stream, until = (_: UIMessage) => false): Promise<UIMessage> {
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream })) {
    last = message;
    if (until(message)) break;
  }
  if (last === undefined) throw new Error('the stream was empty');
  return last;
}

const COUNTS = script(
  { text: 'Counting. ', toolCalls: [{ name: 'text-stats', arguments: { text: 'one two' } }] },
  { text: 'Done.' },
);

const hasState = (state: string) => (message: UIMessage) =>
  message.parts.some((part) => 'state' in part && part.state === state);

describe('a chat of a front end', () => {
  test('shows what the agent says and does, step by step', async () => {
    const message = await read(await send('chat-1', [said(COUNTS, 'm1')]));
    expect(message.parts.map(({ type }) => type)).toEqual([
      'step-start',
      'text',
      'dynamic-tool',
      'step-start',
      'text',
    ]);
    expect(message.parts[2]).toMatchObject({
      toolName: 'text-stats',
      state: 'output-available',
      input: { text: 'one two' },
    });
    expect(message.parts[4]).toMatchObject({ text: 'Done.', state: 'done' });
  });

  test('shows a call that a check has denied as one that failed', async () => {
    const text = script({ toolCalls: [{ name: 'nothing', arguments: {} }] }, { text: 'Well.' });
    const message = await read(await send('chat-2', [said(text, 'm1')]));
    expect(message.parts[1]).toMatchObject({
      state: 'output-error',
      errorText: 'Denied by check "registry": unknown_tool',
    });
  });

  test('goes on in its session, and hears a message that is sent twice once', async () => {
    const first = said(script({ text: 'One.' }), 'm1');
    const again = [await send('chat-3', [first]), await send('chat-3', [first])];
    const [one, two] = await Promise.all(again.map((stream) => read(stream)));
    expect(one?.id).toBe(two?.id);
    const next = await read(await send('chat-3', [first, said(script({ text: 'Two.' }), 'm2')]));
    expect(next.id).not.toBe(one?.id);
  });

  test('is not that of another principal who calls his the same', async () => {
    const first = await read(await send('chat-p', [said(script({ text: 'One.' }), 'm1')]));
    const { token } = await credential(gateway, { kind: 'user', id: 'other' }, ['session:turn']);
    const other = transport(token);
    const message = await read(await send('chat-p', [said(script({ text: 'Two.' }), 'm1')], other));
    expect(message.id).not.toBe(first.id);
    expect(message.parts.at(-1)).toMatchObject({ text: 'Two.' });
  });

  test('has nothing to take up once its turn is over', async () => {
    await read(await send('chat-4', [said(script({ text: 'One.' }), 'm1')]));
    expect(await transport().reconnectToStream({ chatId: 'chat-4' })).toBeNull();
    expect(await transport().reconnectToStream({ chatId: 'never-was' })).toBeNull();
  });
});

describe('a call that a human must approve', () => {
  const lost = (message: UIMessage) => hasState('approval-requested')(message);

  async function waiting(chatId: string): Promise<{ message: UIMessage; approvalId: string }> {
    const message = await read(await send(chatId, [said(COUNTS, 'm1')]), lost);
    const part = message.parts.find((one) => 'approval' in one);
    const approvalId = part && 'approval' in part ? part.approval?.id : undefined;
    if (approvalId === undefined) throw new Error('nothing is asked');
    return { message, approvalId };
  }

  test('is shown, and goes on in the front end as soon as he has decided', async () => {
    await askAlways(callApi(gateway), ['tool:call:text-stats']);
    const { approvalId } = await waiting('chat-5');
    const stream = await transport().reconnectToStream({ chatId: 'chat-5' });
    if (stream === null) throw new Error('there is nothing to take up');
    const human = await credential(gateway);
    await human.post(`/v1/approvals/${approvalId}`, { decision: 'approve' });
    const message = await read(stream);
    expect(hasState('output-available')(message)).toBe(true);
    expect(message.parts.at(-1)).toMatchObject({ text: 'Done.' });
  });

  test('is not approved by the credential of the chat, but by another one', async () => {
    const { message, approvalId } = await waiting('chat-6');
    const decided: UIMessage = {
      ...message,
      parts: message.parts.map((part) =>
        part.type === 'dynamic-tool' && part.state === 'approval-requested'
          ? { ...part, state: 'approval-responded', approval: { id: approvalId, approved: true } }
          : part,
      ),
    };
    await expect(send('chat-6', [decided])).rejects.toThrow('own_credential');
    const human = await credential(gateway);
    const { body } = await human.post(`/v1/approvals/${approvalId}`, { decision: 'deny' });
    expect(body.state).toBe('denied');
  });

  test('of another chat cannot be decided here', async () => {
    const { message } = await waiting('chat-7');
    const decided = message.parts.map((part) =>
      part.type === 'dynamic-tool' && part.state === 'approval-requested'
        ? {
            ...part,
            state: 'approval-responded' as const,
            approval: { ...part.approval, approved: true },
          }
        : part,
    );
    await expect(
      send('chat-8', [{ ...message, parts: decided as UIMessage['parts'] }]),
    ).rejects.toThrow('not_found');
  });
});

describe('a request that a session cannot serve', () => {
  const post = (body: object) =>
    callApi(gateway).post('/v1/ui/messages', { id: 'chat-9', ...body });
  const user = said('x', 'm1');
  test.each([
    ['to say it differently', { messages: [user], trigger: 'regenerate-message' }],
    ['without a message', { messages: [] }],
    ['with a file', { messages: [{ ...user, parts: [{ type: 'file', url: 'data:,x' }] }] }],
    ['that ends with the assistant', { messages: [{ ...user, role: 'assistant' }] }],
    ['with an unknown member', { messages: [user], system: 'x' }],
  ])('is refused: %s', async (_, body) => {
    expect((await post(body)).status).toBe(422);
  });
});
