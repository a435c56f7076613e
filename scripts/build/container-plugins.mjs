// The example plugins of the container tier, each as a folder with its image beside it, in the OCI
// image layout. An image is the Node of this project with the libraries that it loads, and one
// bundled program: no shell, no package manager, and no registry is needed to make it.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { loadHash } from './executor-plugins.mjs';
import { unlessFresh } from './unless-fresh.mjs';

const TARGET = 'build/container-plugins';
const MEDIA = 'application/vnd.oci.image';

/** Node 24, which the project brings with it. */
const NODE = `node_modules/node-linux-${process.arch}/bin/node`;

/** Answers the folder of the plugin. */
export async function buildContainerWebFetch() {
  const source = 'executor-plugins/containers/web-fetch/plugin.json';
  const program = 'executor-plugins/web-fetch/main.ts';
  const target = `${TARGET}/web-fetch-container`;
  const steps = {
    sources: [source, program, NODE, 'src/executor/files-hash.ts'],
    outputs: [`${target}/plugin.json`],
  };
  await unlessFresh('container-web-fetch', steps, async () => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    const { outputFiles } = await build({
      ...{ entryPoints: [program], bundle: true, write: false, format: 'esm' },
      ...{ platform: 'node', target: 'node24', logLevel: 'warning' },
    });
    const digest = writeImage(join(target, 'image'), outputFiles[0].text);
    const manifest = JSON.parse(readFileSync(source, 'utf8'));
    manifest.container.image += `@${digest}`;
    const { hashFiles } = await loadHash();
    const files = hashFiles(target);
    if (!files.ok) throw new Error(`Cannot build: ${files.error}`);
    manifest.container.filesSha256 = files.value.sha256;
    writeFileSync(`${target}/plugin.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  });
  return target;
}

/** Answers the digest of its manifest. */
function writeImage(layout, program) {
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const put = (bytes) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', digest), bytes, { mode: 0o644 });
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const putJson = (value) => put(Buffer.from(JSON.stringify(value)));
  const layers = [layerOf(putNode), layerOf((root) => putFile(root, 'app/main.mjs', program))];
  const blobs = layers.map(put);
  const config = putJson({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: ['PATH=/usr/bin'] },
    // Nothing is compressed, so a layer and what it unpacks to have the same hash.
    rootfs: { type: 'layers', diff_ids: blobs.map(({ digest }) => digest) },
  });
  const manifest = putJson({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: { mediaType: `${MEDIA}.config.v1+json`, ...config },
    layers: blobs.map((blob) => ({ mediaType: `${MEDIA}.layer.v1.tar`, ...blob })),
  });
  const index = [{ mediaType: `${MEDIA}.manifest.v1+json`, ...manifest }];
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: index }));
  return manifest.digest;
}

/** What `fill` puts into an empty root, as a tar archive that says nothing of when or by whom. */
function layerOf(fill) {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-layer-'));
  try {
    chmodSync(root, 0o755);
    fill(root);
    const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    return execFileSync('tar', ['-C', root, ...plain, '-c', '.'], { maxBuffer: 2 ** 30 });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function putNode(root) {
  const listed = execFileSync('ldd', [NODE], { encoding: 'utf8' });
  const libraries = [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(/gm)].map(([, path]) => path);
  for (const path of libraries) putCopy(root, path.slice(1), path);
  putCopy(root, 'usr/bin/node', NODE);
}

function putCopy(root, name, from) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  copyFileSync(from, join(root, name));
  chmodSync(join(root, name), 0o755);
}

function putFile(root, name, text) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text, { mode: 0o644 });
}
