/** Registries that lie about what they hold, send too much, or would lead a puller elsewhere. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findManifest } from '../../../src/executor/container-sandbox/image/oci-layout.ts';
import { findSource } from '../../../src/executor/container-sandbox/registry/image-source.ts';
import {
  MAX_PULL_BYTES,
  pullImage,
} from '../../../src/executor/container-sandbox/registry/pull-image.ts';
import { loadImage, loadImages } from '../../../src/executor/open-tiers.ts';
import { buildBusyboxImage } from '../../executor/container-sandbox/busybox-image.ts';
import {
  type RegistryStandin,
  startRegistry,
} from '../../executor/container-sandbox/registry-standin.ts';

const REPOSITORY = 'tools/busybox';
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

let folder: string;
let layout: string;
let digest: string;
let registry: RegistryStandin;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-registry-'));
  ({ layout, digest } = buildBusyboxImage(folder));
  registry = await startRegistry(layout, REPOSITORY);
});
afterEach(() => {
  registry.lie = undefined;
  registry.instead = undefined;
  registry.credential = undefined;
});
afterAll(() => {
  registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Pull {
  readonly digest?: string;
  readonly repository?: string;
  readonly registries?: readonly string[];
  readonly credentials?: string;
}

/** Where it was pulled to; rejects as pulling does. */
async function pull(change: Pull = {}): Promise<string> {
  const { registries = [registry.host], credentials } = change;
  const image = {
    repository: change.repository ?? `${registry.host}/${REPOSITORY}`,
    digest: change.digest ?? digest,
  };
  count += 1;
  const place = join(folder, `pulled-${count}`);
  await pullImage(image, { registries, ...(credentials && { credentials }) }, place);
  return place;
}

const blobsIn = (place: string) => readdirSync(join(place, 'blobs/sha256')).sort();
const hexOf = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** Adds a document to what the registry holds; answers its digest. */
function put(document: object): string {
  const bytes = Buffer.from(JSON.stringify(document));
  writeFileSync(join(layout, 'blobs/sha256', hexOf(bytes)), bytes);
  return `sha256:${hexOf(bytes)}`;
}

const manifest = () =>
  JSON.parse(readFileSync(join(layout, 'blobs/sha256', digest.slice(7)), 'utf8'));

describe('pullImage()', () => {
  test('fetches an image whole, with a token for it alone', async () => {
    const before = registry.asked.length;
    const place = await pull();
    const { config, layers } = manifest();
    const parts = [digest, config.digest, ...layers.map((layer: typeof config) => layer.digest)];
    expect(blobsIn(place)).toEqual(parts.map((part) => part.slice(7)).sort());
    const token = registry.asked.slice(before).find(({ path }) => path.startsWith('/token'));
    const query = new URL(token?.path ?? '', 'http://x').searchParams;
    expect([query.get('service'), query.getAll('scope')]).toEqual([
      'standin',
      [`repository:${REPOSITORY}:pull`],
    ]);
  });

  test('finds the image of this machine in one that was made for several', async () => {
    const index = put({
      schemaVersion: 2,
      manifests: [
        { digest: `sha256:${'0'.repeat(64)}`, platform: { architecture: 's390x', os: 'linux' } },
        { digest, platform: { architecture: ARCHITECTURE, os: 'linux' } },
      ],
    });
    const place = await pull({ digest: index });
    expect(findManifest(place, index)).toBe(digest);
    expect(blobsIn(place)).toContain(digest.slice(7));
    const foreign = put({
      manifests: [{ digest, platform: { architecture: 's390x', os: 'linux' } }],
    });
    await expect(pull({ digest: foreign })).rejects.toThrow('must be for');
  });

  test('asks no registry that the owner of the machine does not name', async () => {
    const before = registry.asked.length;
    await expect(pull({ registries: [] })).rejects.toThrow('must be among');
    await expect(pull({ registries: ['docker.io'] })).rejects.toThrow('must be among');
    const other = `${registry.host}.evil.example/${REPOSITORY}`;
    await expect(pull({ repository: other })).rejects.toThrow('must be among');
    expect(registry.asked).toHaveLength(before);
  });

  test('brings its password to the place that gives the token, from a closed file alone', async () => {
    registry.credential = Buffer.from('me:pass').toString('base64');
    const path = join(folder, 'auth.json');
    writeFileSync(
      path,
      JSON.stringify({ auths: { [registry.host]: { auth: registry.credential } } }),
    );
    chmodSync(path, 0o600);
    await pull({ credentials: path });
    await expect(pull()).rejects.toThrow('gives no token');
    chmodSync(path, 0o644);
    await expect(pull({ credentials: path })).rejects.toThrow('owner alone');
  });
});

describe('a registry that lies', () => {
  const partsThat: readonly [string, (part: string) => boolean][] = [
    ['its manifest', (part) => part === digest],
    ['its configuration', (part) => part === manifest().config.digest],
    ['a layer', (part) => part === manifest().layers[0].digest],
  ];

  test.each(partsThat)('about %s is not believed', async (_, isIt) => {
    registry.lie = (part, bytes) => {
      if (!isIt(part)) return bytes;
      const changed = Buffer.from(bytes);
      changed[0] = (changed[0] ?? 0) ^ 1;
      return changed;
    };
    await expect(pull()).rejects.toThrow('not what its name says');
  });

  test.each(partsThat.slice(1))('about the length of %s is cut off', async (_, isIt) => {
    registry.lie = (part, bytes) => (isIt(part) ? Buffer.concat([bytes, bytes]) : bytes);
    await expect(pull()).rejects.toThrow('longer than it may be');
    registry.lie = (part, bytes) => (isIt(part) ? bytes.subarray(1) : bytes);
    await expect(pull()).rejects.toThrow('too short');
  });

  test('and sends without end is cut off, and nothing of it is kept under its name', async () => {
    const layer = manifest().layers[0].digest;
    registry.instead = (request, response) => {
      if (request.headers.authorization === undefined || !request.url?.includes(layer))
        return false;
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
      return true;
    };
    await expect(pull()).rejects.toThrow('longer than it may be');
    expect(blobsIn(join(folder, `pulled-${count}`))).not.toContain(layer.slice(7));
  });

  test('with a manifest that is longer than any is cut off', async () => {
    registry.lie = () => Buffer.alloc(5_000_000, ' ');
    await expect(pull()).rejects.toThrow('longer than it may be');
  });

  test('with layers that are too large is asked for none of them', async () => {
    const [layer] = manifest().layers;
    const sized = (size: number) => put({ ...manifest(), layers: [{ ...layer, size }] });
    const before = registry.asked.length;
    await expect(pull({ digest: sized(MAX_PULL_BYTES) })).rejects.toThrow('too large');
    expect(registry.asked.slice(before).some(({ path }) => path.includes('/blobs/'))).toBe(false);
    for (const size of [-1, 0.5, 2 ** 60]) {
      await expect(pull({ digest: sized(size) })).rejects.toThrow('Cannot');
    }
    const many = put({ ...manifest(), layers: Array.from({ length: 129 }, () => layer) });
    await expect(pull({ digest: many })).rejects.toThrow('OCI image specification');
  });

  test('with a part named by anything but a hash is refused', async () => {
    const [layer] = manifest().layers;
    for (const name of ['sha256:../../../etc/passwd', 'sha512:00', `sha256:${'A'.repeat(64)}`]) {
      const changed = put({ ...manifest(), layers: [{ ...layer, digest: name }] });
      await expect(pull({ digest: changed })).rejects.toThrow('OCI image specification');
    }
  });

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/',
    'https://[::1]/',
    'https://10.0.0.1/',
    'https://metadata.google.internal/',
    'http://example.com/layer',
    'file:///etc/passwd',
    'https://name:word@example.com/',
  ])('and leads to %s is not followed', async (Location) => {
    registry.instead = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { Location }).end();
      return true;
    };
    await expect(pull()).rejects.toThrow('where nothing may be fetched');
    registry.instead = (request, response) => {
      if (request.headers.authorization !== undefined) return false;
      response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${Location}"` }).end();
      return true;
    };
    await expect(pull()).rejects.toThrow('where nothing may be fetched');
  });

  test('and leads on and on is left', async () => {
    registry.instead = (_, response) => {
      response.writeHead(307, { Location: '/v2/again' }).end();
      return true;
    };
    await expect(pull()).rejects.toThrow('on and on');
  });

  test('and leads to another host does not get that one the token', async () => {
    const heard: unknown[] = [];
    const store = createServer((request, response) => {
      heard.push(request.headers.authorization);
      response.end(readFileSync(join(layout, 'blobs/sha256', request.url?.slice(1) ?? '')));
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const { port } = store.address() as AddressInfo;
    registry.instead = (request, response) => {
      const [, hex] = /\/blobs\/sha256:([0-9a-f]+)$/.exec(request.url ?? '') ?? [];
      if (hex === undefined || request.headers.authorization === undefined) return false;
      response.writeHead(307, { Location: `http://127.0.0.1:${port}/${hex}` }).end();
      return true;
    };
    await pull();
    store.close();
    expect(heard).toEqual([undefined, undefined]);
  });
});

describe('loadImage()', () => {
  const load = (registries: readonly string[], repository = `${registry.host}/${REPOSITORY}`) => {
    const own = join(folder, 'plugin');
    mkdirSync(own, { recursive: true });
    const container = { driver: 'bundle', socket: '/none', registries } as const;
    const plugin = { folder: own, image: { repository, digest } };
    return loadImage({ container, folder: join(folder, 'containers') }, plugin as never);
  };

  test('unpacks what it has pulled once, and asks for it never again', async () => {
    expect(await load([])).toMatchObject({ ok: false });
    expect(await load([registry.host])).toMatchObject({ ok: true });
    expect(existsSync(join(folder, 'containers/images', digest.slice(7), 'root/bin/sh'))).toBe(
      true,
    );
    expect(existsSync(join(folder, 'containers/unfinished'))).toBe(false);
    const before = registry.asked.length;
    expect(await load([])).toMatchObject({ ok: true });
    expect(registry.asked).toHaveLength(before);
  });
});

describe('loadImages()', () => {
  /** An engine without any image; `hear` is told of each request. */
  async function loadFrom(
    images: readonly string[],
    hear: (path: string, response: ServerResponse) => void,
  ) {
    const own = mkdtempSync(join(folder, 'beside-'));
    mkdirSync(join(own, 'image'));
    const socket = join(own, 'engine.sock');
    const engine = createServer((request, response) => {
      request.resume().on('end', () => hear(request.url ?? '', response));
    });
    await once(engine.listen(socket), 'listening');
    const place = { container: { driver: 'engine', socket, registries: [] } as const, folder };
    const plugins = images.map((repository) => ({ folder: own, image: { repository, digest } }));
    const loaded = await loadImages(place, plugins as never);
    engine.close();
    return loaded.map(({ ok }) => ok);
  }

  test('asks an engine that may hang for all of them before it waits for any', async () => {
    const waiting: ServerResponse[] = [];
    const loaded = await loadFrom(['local/a', 'local/b', 'local/c'], (_, response) => {
      if (waiting.push(response) === 3) for (const one of waiting) one.destroy();
    });
    expect(loaded).toEqual([false, false, false]);
  });

  test('gives an engine the image of several plugins once', async () => {
    let given = 0;
    let isThere = false;
    const loaded = await loadFrom(['local/a', 'local/a', 'local/a'], (path, response) => {
      if (path.includes('/images/load')) given += 1;
      if (path.includes('/tag?')) isThere = true;
      response.statusCode = path.endsWith('/json') && !isThere ? 404 : 200;
      response.end('{"stream": "Loaded image: local/a:new"}');
    });
    expect([loaded, given]).toEqual([[true, true, true], 1]);
  });

  test('tries another one’s file where the first could not be taken', async () => {
    let given = 0;
    let isThere = false;
    const loaded = await loadFrom(['local/a', 'local/a'], (path, response) => {
      if (path.includes('/images/load')) given += 1;
      if (path.includes('/tag?')) isThere = true;
      response.statusCode = path.endsWith('/json') && !isThere ? 404 : 200;
      response.end(given === 1 ? '{}' : '{"stream": "Loaded image: local/a:new"}');
    });
    expect([loaded, given]).toEqual([[false, true], 2]);
  });
});

describe('an archive beside a plugin', () => {
  /** Loads an image from an archive that `fill` has made; into a place of its own. */
  async function loadFrom(fill: (archive: string) => void) {
    count += 1;
    const own = join(folder, `archived-${count}`);
    mkdirSync(own);
    fill(join(own, 'image.tar'));
    const container = { driver: 'bundle', socket: '/none', registries: [] } as const;
    const place = { container, folder: join(folder, `store-${count}`) };
    const loaded = await loadImage(place, {
      folder: own,
      image: { repository: 'local/busybox', digest },
    } as never);
    const shell = join(place.folder, 'images', digest.slice(7), 'root/bin/sh');
    expect(existsSync(join(place.folder, 'unfinished'))).toBe(false);
    return { loaded, isThere: existsSync(shell) };
  }
  const tar = (archive: string, ...words: string[]) =>
    execFileSync('tar', ['-C', layout, ...words, '-cf', archive, '.']);

  test('is as good as the folder', async () => {
    const { loaded, isThere } = await loadFrom((archive) => tar(archive));
    expect([loaded.ok, isThere]).toEqual([true, true]);
  });

  test.each<[string, (archive: string) => void]>([
    ['no archive', (archive) => writeFileSync(archive, 'x'.repeat(2_000))],
    ['nothing', (archive) => writeFileSync(archive, '')],
    ['parts that lead out', (archive) => tar(archive, '--transform', 's,^./blobs,../blobs,')],
    [
      'links in the place of parts',
      (archive) => {
        const linked = mkdtempSync(join(folder, 'linked-'));
        mkdirSync(join(linked, 'blobs/sha256'), { recursive: true });
        for (const part of blobsIn(layout)) {
          symlinkSync(join(layout, 'blobs/sha256', part), join(linked, 'blobs/sha256', part));
        }
        execFileSync('tar', ['-C', linked, '-cf', archive, '.']);
      },
    ],
    [
      'parts that are not what their names say',
      (archive) => {
        const forged = mkdtempSync(join(folder, 'forged-'));
        cpSync(layout, forged, { recursive: true });
        const [{ digest: layer }] = manifest().layers;
        writeFileSync(join(forged, 'blobs/sha256', layer.slice(7)), 'something else');
        execFileSync('tar', ['-C', forged, '-cf', archive, '.']);
      },
    ],
  ])('is refused with %s', async (_, fill) => {
    const { loaded, isThere } = await loadFrom(fill);
    expect([loaded.ok, isThere]).toEqual([false, false]);
  });
});

describe('findSource()', () => {
  test.each([
    ['busybox', 'docker.io', 'https://registry-1.docker.io', 'library/busybox'],
    ['docker.io/library/busybox', 'docker.io', 'https://registry-1.docker.io', 'library/busybox'],
    ['someone/tool', 'docker.io', 'https://registry-1.docker.io', 'someone/tool'],
    ['ghcr.io/a/b/c', 'ghcr.io', 'https://ghcr.io', 'a/b/c'],
    ['localhost:5000/tool', 'localhost:5000', 'http://localhost:5000', 'tool'],
  ])('reads %s', (repository, host, origin, path) => {
    expect(findSource(repository)).toMatchObject({ registry: host, origin, path });
  });

  test.each([
    '',
    'ghcr.io/',
    'ghcr.io/A',
    'ghcr.io/../x',
    'a//b',
    'ghcr.io:99999999/a',
    'x@y.io/a',
  ])('knows no place for "%s"', (repository) => {
    expect(findSource(repository)).toBeUndefined();
  });
});
