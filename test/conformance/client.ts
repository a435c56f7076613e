/**
 * The gateway as the official tool's client: makes a plugin of the server that it names, signs in, and
 * calls all of its tools. What is missing to a sign-in is asked for once more, as a person would do.
 *
 * @module
 */

import { type Api, callApi } from '../support/api.ts';
import { consent, visit } from '../support/remote-sign-in.ts';
import { uploadManifest } from '../support/script-plugins.ts';
import { portsAbove } from './listening-ports.ts';

const NAME = 'conformant';
const SIGN_IN = `/v1/plugins/${NAME}/sign-in`;
const SECRET = 'conformant-client';

/** How often somebody signs in for one call. */
const PATIENCE = 2;

const { SALLYPORT_URL = '', SALLYPORT_TOKEN = '', MCP_CONFORMANCE_CONTEXT = '{}' } = process.env;
const gateway = { url: SALLYPORT_URL, token: SALLYPORT_TOKEN };
const server = process.argv.at(-1) ?? '';

await main(callApi(gateway));

async function main(api: Api): Promise<void> {
  const hosts = portsAbove().map((port) => `localhost:${port}`);
  const { body } = await api.get('/v1/workspaces/default');
  await api.put('/v1/workspaces/default', { policy: { ...body.policy, privateHosts: hosts } });
  await api.delete(`/v1/plugins/${NAME}`);
  const auth = { type: 'sign-in', ...(await readClient(api, hosts)) };
  await install('1.0.0', { auth, tools: [] });
  await signIn(api);
  const looked = await call(api, `${NAME}-look`);
  const { tools } = JSON.parse(looked ?? '{"tools":[]}');
  await install('1.1.0', { auth, tools });
  for (const { name } of tools) await call(api, name.toLowerCase().replaceAll('.', '-'));
}

/** Some scenarios name a client that is known already. */
async function readClient(api: Api, hosts: readonly string[]): Promise<object> {
  const { client_id: id, client_secret: value } = JSON.parse(MCP_CONFORMANCE_CONTEXT);
  if (id === undefined) return {};
  await api.put(`/v1/secrets/${SECRET}`, { value, hosts: hosts.slice(0, 16) });
  const metadata = new URL('/.well-known/oauth-protected-resource/mcp', server);
  const { authorization_servers: issuers } = await (await fetch(metadata)).json();
  return { issuer: issuers[0], client: { id, secret: SECRET } };
}

async function install(version: string, remote: object): Promise<void> {
  const manifest = { name: NAME, version, license: 'MIT', remote: { url: server, ...remote } };
  const { status, body } = await uploadManifest(gateway, manifest);
  if (status !== 201) end('install', body);
}

async function signIn(api: Api): Promise<void> {
  const begun = await api.post(SIGN_IN);
  if (begun.status !== 201) end('begin', begun.body);
  const { status, code } = await visit(await consent(begun.body.authorizationUrl));
  if (status !== 200) end('answer', status);
  const finished = await api.post(`${SIGN_IN}/confirm`, { code });
  if (finished.status !== 200) end('confirm', finished.body);
}

async function call(api: Api, tool: string): Promise<string | undefined> {
  for (let tries = 0; ; tries++) {
    const { status, body } = await api.post(`/v1/tools/${tool}/call`, { arguments: {} });
    if (status === 200) return body.result;
    if (body.reason !== 'sign_in_needed' || tries === PATIENCE) return undefined;
    await signIn(api);
  }
}

/** In some scenarios this is what is asked for. */
function end(step: string, said: unknown): never {
  console.error(`Ended at ${step}: ${JSON.stringify(said)}`);
  process.exit(1);
}
