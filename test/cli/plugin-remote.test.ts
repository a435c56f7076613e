import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand, temporaryFolder } from './support/run-command.ts';

/** Answers each path with its number as the status, and words that nobody is to repeat. */
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { 'Content-Type': 'text/html' });
    response.end('<p>words of the server</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const remote = (address: string) =>
  runCommand('plugin', 'remote', 'far', address, '--dir', temporaryFolder());

test.each([
  ['/401', 'it answers 401, so it wants a token: MCP_TOKEN, or --sign-in'],
  ['/404', 'it must answer as an MCP server, and answers 404'],
  ['/200', 'it must answer as an MCP server'],
])('plugin remote says what is wrong with a server that answers %s', async (path, sentence) => {
  const { exit, problems } = await remote(`${url}${path}`);
  expect(exit).toBe(1);
  expect(problems).toContain(sentence);
  expect(problems).not.toContain('words of the server');
});

test('plugin remote says of a server that nobody reaches that it must be there', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const { exit, problems } = await remote(`http://127.0.0.1:${port}`);
  expect(exit).toBe(1);
  expect(problems).toContain('it must be there, and be reached from here');
});
