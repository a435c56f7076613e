/**
 * Reads a plugin upload: `multipart/form-data` with `manifest` and, for the wasm tier, `module`.
 *
 * @module
 */

import { readBytes } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { MAX_UPLOAD_BYTES } from './route.ts';

export interface Upload {
  readonly manifest: string;
  readonly module?: Uint8Array;
}

const PARTS = ['manifest', 'module'];

/** The limit holds for the whole body and is enforced before anything is parsed. */
export async function readUpload(request: Request): Promise<Upload> {
  const form = await readForm(request);
  const strays = [...form.keys()].filter((name) => !PARTS.includes(name));
  if (strays.length > 0 || PARTS.some((name) => form.getAll(name).length > 1)) {
    throw new Refusal('invalid_body', {
      detail: 'Cannot read upload: it must hold "manifest" and "module", each once, and no more',
    });
  }
  const manifest = form.get('manifest');
  const module = form.get('module');
  if (manifest === null) {
    throw new Refusal('invalid_body', {
      detail: 'Cannot read upload: it must hold "manifest"',
      errors: [{ pointer: '/manifest', detail: 'it must be present' }],
    });
  }
  return {
    manifest: typeof manifest === 'string' ? manifest : await manifest.text(),
    ...(module !== null && { module: await bytesOf(module) }),
  };
}

async function readForm(request: Request): Promise<FormData> {
  const contentType = request.headers.get('Content-Type') ?? '';
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) {
    throw new Refusal('unsupported_media_type', {
      detail: 'Cannot read upload: its content type must be "multipart/form-data"',
    });
  }
  const bytes = await readBytes(request, MAX_UPLOAD_BYTES);
  try {
    return await new Response(bytes, { headers: { 'Content-Type': contentType } }).formData();
  } catch {
    throw new Refusal('bad_request', {
      detail: 'Cannot read upload: it must be well-formed multipart/form-data',
    });
  }
}

async function bytesOf(part: File | string): Promise<Uint8Array> {
  if (typeof part === 'string') {
    throw new Refusal('invalid_body', {
      detail: 'Cannot read upload: "module" must be sent as a file',
      errors: [{ pointer: '/module', detail: 'it must be a file' }],
    });
  }
  return new Uint8Array(await part.arrayBuffer());
}
