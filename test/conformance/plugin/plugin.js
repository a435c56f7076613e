// What the scenarios of the official conformance tool expect, as one plugin. See ../plugin.ts.

import { fetch } from 'sallyport:http';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const words = (text) => ({ type: 'text', text });
const IMAGE = { type: 'image', data: PNG, mimeType: 'image/png' };
const resource = (uri, mimeType, text) => ({ type: 'resource', resource: { uri, mimeType, text } });
const says = (...content) => ({ content });
const user = (content) => ({ role: 'user', content });

export const test_simple_text = () => says(words('This is a simple text response for testing.'));
export const test_image_content = () => says(IMAGE);
export const test_audio_content = () => says({ type: 'audio', data: WAV, mimeType: 'audio/wav' });
export const test_embedded_resource = () =>
  says(resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'));
export const test_multiple_content_types = () =>
  says(
    words('Multiple content types test:'),
    IMAGE,
    resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  );
export const test_error_handling = () => ({
  isError: true,
  content: [words('This tool intentionally returns an error for testing')],
});

export async function test_tool_with_progress() {
  const answer = await fetch('http://127.0.0.1:SLOW_PORT/');
  return says(words(`Done: ${await answer.text()}`));
}

export function test_logging_tool() {
  console.log('Called');
  return says(words('Logged'));
}
export const test_tool_with_logging = test_logging_tool;

const elicit = (message, properties) => ({
  method: 'elicitation/create',
  params: {
    message,
    requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
  },
});
const sample = (text, maxTokens) => ({
  method: 'sampling/createMessage',
  params: { messages: [user(words(text))], maxTokens },
});
const ROOTS = { method: 'roots/list', params: {} };
const NAME = elicit('What is your name?', { name: { type: 'string' } });
const CONFIRM = elicit('Please confirm', { ok: { type: 'boolean' } });

/** Asks until all is answered. */
const asking = (inputRequests, answer, state) => (args) => {
  const { responses = {}, state: heard } = args.clientInput ?? {};
  const isAnswered = Object.keys(inputRequests).every((name) => Object.hasOwn(responses, name));
  return isAnswered ? answer(responses, heard) : { inputRequests, state };
};

export const test_input_required_result_elicitation = asking({ user_name: NAME }, (responses) =>
  says(words(`Hello, ${responses.user_name.content.name}!`)),
);
export const test_streaming_elicitation = test_input_required_result_elicitation;
export const test_input_required_result_sampling = asking(
  { capital_question: sample('What is the capital of France?', 100) },
  (responses) => says(words(responses.capital_question.content.text)),
);
export const test_input_required_result_list_roots = asking({ client_roots: ROOTS }, (responses) =>
  says(words(JSON.stringify(responses.client_roots.roots))),
);
export const test_input_required_result_request_state = asking(
  { confirm: CONFIRM },
  (_, state) => says(words(state === 'asked' ? 'state-ok' : 'state-lost')),
  'asked',
);
export const test_input_required_result_tampered_state = test_input_required_result_request_state;
export const test_input_required_result_multiple_inputs = asking(
  { user_name: NAME, greeting: sample('Generate a greeting', 50), client_roots: ROOTS },
  (responses) => says(words(Object.keys(responses).join(' '))),
  'asked',
);
export const test_missing_capability = asking(
  { question: sample('What is the capital of France?', 100) },
  () => says(words('Answered')),
);

/** Is asked either, and content with one of them. */
export function test_input_required_result_capabilities({ clientInput }) {
  if (clientInput !== undefined) return says(words('Answered'));
  return { inputRequests: { user_name: NAME, greeting: sample('Generate a greeting', 50) } };
}

export function test_input_required_result_multi_round({ clientInput }) {
  const { state, responses } = clientInput ?? {};
  if (state === 'second') return says(words(`You like ${responses.step2?.content?.color}`));
  if (state === 'first') {
    const step2 = elicit('Step 2: What is your favorite color?', { color: { type: 'string' } });
    return { inputRequests: { step2 }, state: 'second' };
  }
  const step1 = elicit('Step 1: What is your name?', { name: { type: 'string' } });
  return { inputRequests: { step1 }, state: 'first' };
}

export const test_input_required_result_prompt = asking(
  {
    user_context: elicit('What context should the prompt use?', { context: { type: 'string' } }),
  },
  (responses) => ({ messages: [user(words(responses.user_context.content.context))] }),
);

export const test_simple_prompt = () => ({
  messages: [user(words('This is a simple prompt for testing.'))],
});
export const test_prompt_with_arguments = ({ arg1, arg2 }) => ({
  messages: [user(words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
});
export const test_prompt_with_embedded_resource = ({ resourceUri }) => ({
  messages: [
    user(resource(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
    user(words('Please process the embedded resource above.')),
  ],
});
export const test_prompt_with_image = () => ({
  messages: [user(IMAGE), user(words('Please analyze the image above.'))],
});

export const static_text = () => ({
  contents: [{ text: 'This is the content of the static text resource.' }],
});
export const static_binary = () => ({ contents: [{ blob: PNG }] });
export const template_data = ({ id }) => ({
  contents: [{ text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }],
});
