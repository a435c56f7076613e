/**
 * `npm start`, from the outside: what it prints works as printed, several run side by side, and
 * nothing is left of it whichever way it is stopped.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { callApi } from '../support/api.ts';
import { npmStart, type StartedProject, type StartPlace, untilUp } from '../support/npm-start.ts';
import { alive, descendants, leftOver } from '../support/processes.ts';

const SOON_MS = 10_000;
let folder: string;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "sallyport two 'commands'-")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function start(place: Partial<StartPlace> = {}): Promise<StartedProject> {
  return npmStart({ folder, ...place });
}

async function up(place: Partial<StartPlace> = {}): Promise<StartedProject> {
  const project = await start(place);
  await untilUp(project);
  return project;
}

async function stop({ npm, exited }: StartedProject): Promise<void> {
  npm.kill('SIGTERM');
  await exited;
}

/** The lines that it offers to be pasted: all that are indented after the first such heading. */
function pasteable(printed: string): string {
  const [, ...offered] = printed.split('A first turn, streamed:\n');
  const lines = offered.join('').split('\n');
  return lines.filter((line) => line.startsWith('    ')).join('\n');
}

function paste(text: string): string {
  const stdio = 'pipe'; // what curl says of its progress is shown only with a failure
  return execFileSync('bash', ['-e'], { input: text, encoding: 'utf8', timeout: SOON_MS, stdio });
}

/** Kind and data of each event in what curl showed. */
function eventsIn(shown: string): { kind: string | undefined; data: Record<string, unknown> }[] {
  return [...shown.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, kind, data]) => ({
    kind,
    data: JSON.parse(data ?? ''),
  }));
}

describe('npm start', () => {
  let project: StartedProject;

  beforeAll(async () => {
    project = await up();
  });
  afterAll(() => project && stop(project));

  test('prints a first turn that works as printed: a tool runs, and the record of it is whole', () => {
    const shown = paste(pasteable(project.printed()));
    const events = eventsIn(shown);
    expect(events.map(({ kind }) => kind)).toContain('tool-call-approved');
    const result = events.find(({ kind }) => kind === 'tool-result');
    expect(result?.data).toMatchObject({ tool: 'text-stats' });
    expect(JSON.parse(String(result?.data.content))).toMatchObject({ words: 9 });
    expect(events.at(-1)).toMatchObject({ kind: 'turn-finished' });
    const verified = JSON.parse(shown.slice(shown.lastIndexOf('\n{')));
    expect(verified).toMatchObject({ ok: true });
    expect(verified.count).toBeGreaterThan(0);
  });

  test.skipIf(process.env.SALLYPORT_SKIP_SANDBOX === '1')(
    'starts an executor beside it, which runs an example',
    async () => {
      const { url, token } = project.readLocalFile();
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const nodes = async () => (await (await fetch(`${url}/v1/nodes`, { headers })).json()).nodes;
      // On a busy machine it is up before its executor is connected, and says so.
      await expect.poll(nodes).toMatchObject([{ name: 'this-machine', state: 'online' }]);
      const [{ id }] = await nodes();
      expect(project.printed()).toContain(`executor   ${id} (`);
      const body = JSON.stringify({ arguments: { program: '/usr/bin/echo', args: ['sandboxed'] } });
      const call = { method: 'POST', headers, body };
      const run = async () => (await fetch(`${url}/v1/tools/run-program/call`, call)).json();
      expect(JSON.parse((await run()).result)).toMatchObject({ stdout: 'sandboxed\n' });
      // It is started again, and what comes meanwhile waits for it.
      for (const pid of executorsOf(project)) process.kill(pid, 'SIGKILL');
      await expect.poll(project.printed).toContain('the executor ended by itself (SIGKILL)');
      expect(JSON.parse((await run()).result)).toMatchObject({ stdout: 'sandboxed\n' });
    },
  );

  test('makes the lines in the README work', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const section = readme.split('## A first tool call\n')[1]?.split('\n## ')[0] ?? '';
    const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
    const shown = paste(
      blocks
        .join('\n')
        .replaceAll('http://127.0.0.1:8787', project.readLocalFile().url)
        .replaceAll('.sallyport/local.json', `'${project.localFile.replaceAll("'", "'\\''")}'`),
    );
    expect(shown).toContain('{"result":');
    expect(eventsIn(shown).at(-1)).toMatchObject({ kind: 'turn-finished' });
    expect(shown).toContain('"records":[');
    expect(shown).toContain('{"ok":true');
  });

  test('leaves address, token and workspace for scripts, to their owner alone', async () => {
    const local = project.readLocalFile();
    expect(local).toEqual({
      url: `http://127.0.0.1:${project.port}`,
      token: expect.stringMatching(/^sproot_[\w-]{43}$/),
      workspace: 'default',
      pid: expect.any(Number),
    });
    expect(descendants(project.npm.pid ?? 0)).toContain(local.pid);
    for (const secret of [project.localFile, join(folder, 'secrets')]) {
      expect(statSync(secret).mode & 0o777).toBe(0o600);
    }
    expect((await callApi(local).get(`/v1/workspaces/${local.workspace}`)).status).toBe(200);
  });

  test('refuses the data folder and the port of another, which goes on', async () => {
    const sameFolder = await start();
    const samePort = await start({ dataDir: 'of its own', port: project.port });
    expect(await sameFolder.exited).toBe(1);
    expect(sameFolder.printed()).toContain('another gateway uses it');
    expect(await samePort.exited).toBe(1);
    expect(samePort.printed()).toContain('another program listens there');
    expect((await fetch(`${project.readLocalFile().url}/health`)).status).toBe(200);
  });

  test('runs beside another, and neither knows what the other holds', async () => {
    const other = await up({ dataDir: 'another' });
    const [here, there] = [project, other].map((one) => callApi(one.readLocalFile()));
    const session = await here?.session();
    expect((await here?.get(`/v1/sessions/${session}`))?.status).toBe(200);
    expect((await there?.get(`/v1/sessions/${session}`))?.status).toBe(404);
    await stop(other);
    expect(existsSync(other.localFile)).toBe(false);
    expect(existsSync(project.localFile)).toBe(true);
    expect((await here?.get(`/v1/sessions/${session}`))?.status).toBe(200);
  });
});

function executorsOf({ npm }: StartedProject): number[] {
  return descendants(npm.pid ?? 0).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0executor\0run\0'),
  );
}

describe('stopping npm start', () => {
  let all: number[] = [];

  afterEach(() => {
    for (const pid of alive(all)) process.kill(pid, 'SIGKILL'); // none, unless the test has failed
  });

  /** Process ids by what runs there: npm, the starter, and the server behind its guard. */
  function processesOf({ npm, readLocalFile }: StartedProject) {
    const starter = readLocalFile().pid;
    const [server] = descendants(starter).filter((pid) => pid !== starter);
    return { npm: npm.pid ?? 0, starter, server: server ?? 0, terminal: -(npm.pid ?? 0) };
  }

  test.each([
    ['terminal', 'SIGINT'],
    ['npm', 'SIGINT'],
    ['npm', 'SIGTERM'],
    ['npm', 'SIGKILL'],
    ['starter', 'SIGINT'],
    ['starter', 'SIGTERM'],
    ['starter', 'SIGKILL'],
    ['server', 'SIGKILL'],
  ] as const)(
    'at its %s with %s leaves no process and a disk to start from',
    async (who, signal) => {
      const project = await up({ dataDir: 'stopped often' });
      all = descendants(project.npm.pid ?? 0);
      expect(all.length).toBeGreaterThanOrEqual(5); // npm, starter, guard, server, workerd
      process.kill(processesOf(project)[who], signal);
      expect(await leftOver(all, SOON_MS)).toEqual([]);
      await expect(fetch(`http://127.0.0.1:${project.port}/health`)).rejects.toThrow();
      // Nobody is left to remove it after a SIGKILL of the starter.
      expect(existsSync(project.localFile)).toBe(who === 'starter' && signal === 'SIGKILL');
    },
  );
});
