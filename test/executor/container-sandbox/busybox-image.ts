/**
 * An image made here and now out of `busybox-static`, in the OCI image layout: no registry.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Where Debian's and Ubuntu's package puts it. */
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];

const APPLETS =
  'sh cat grep ls id dd sleep true env ln mkdir mkfifo mknod mount ps touch wget head kill stat chmod tar nc nslookup ifconfig unshare chroot';

export interface BuiltImage {
  /** Folder in the OCI image layout. */
  readonly layout: string;
  readonly digest: string;
}

/** Builds below `folder`, which exists. */
export function buildBusyboxImage(folder: string): BuiltImage {
  const root = mkdtempSync(join(folder, 'image-root-'));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'bin'));
  const busybox = BUSYBOX.find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('The package "busybox-static" must be installed');
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(root, 'bin', applet));
  return buildImage(folder, [execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 2 ** 26 })]);
}

/** An image of these layers, each a tar archive. */
export function buildImage(folder: string, layers: readonly Buffer[]): BuiltImage {
  const layout = join(folder, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const put = (bytes: Buffer): { digest: string; size: number } => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', digest), bytes);
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const putJson = (value: object) => put(Buffer.from(JSON.stringify(value)));
  const config = putJson({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: ['PATH=/bin', 'FROM_IMAGE=yes'] },
    rootfs: { type: 'layers', diff_ids: layers.map(diffId) },
  });
  const media = 'application/vnd.oci.image';
  const manifest = putJson({
    schemaVersion: 2,
    mediaType: `${media}.manifest.v1+json`,
    config: { mediaType: `${media}.config.v1+json`, ...config },
    layers: layers.map((layer) => ({
      mediaType: `${media}.layer.v1.tar+gzip`,
      ...put(gzipSync(layer, { level: 1 })),
    })),
  });
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const entry = { mediaType: `${media}.manifest.v1+json`, ...manifest };
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
  );
  return { layout, digest: manifest.digest };
}

/** Replaces the bytes of one part of an image, and keeps its name. */
export function corrupt(layout: string, digest: string, change: (bytes: Buffer) => Buffer): void {
  const path = join(layout, 'blobs/sha256', digest.slice('sha256:'.length));
  writeFileSync(path, change(readFileSync(path)));
}

function diffId(layer: Buffer): string {
  return `sha256:${createHash('sha256').update(layer).digest('hex')}`;
}
