/**
 * Reads a plugin upload: `multipart/form-data` with `manifest` and, for the wasm tier, `module`; if
 * need be with `signature`, and `acceptGrowth` for an upgrade that grows.
 *
 * @module
 */

import type { Submission } from '../plugin-review/submission.ts';
import { readBytes } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { MAX_UPLOAD_BYTES } from './route.ts';

const PARTS = ['manifest', 'module', 'signature', 'acceptGrowth'] as const;
type Part = (typeof PARTS)[number];

/** A SHA-256 as the refusal of the growth has named it. */
const DIGEST = /^[0-9a-f]{64}$/;

/** The limit holds for the whole body and is enforced before anything is parsed. */
export async function readUpload(request: Request): Promise<Submission> {
  const form = await readForm(request);
  const strays = [...form.keys()].filter((name) => !PARTS.some((part) => part === name));
  if (strays.length > 0 || PARTS.some((name) => form.getAll(name).length > 1)) {
    throw new Refusal('invalid_body', {
      detail: `Cannot read upload: its parts must be among ${PARTS.join(', ')}, each once`,
    });
  }
  const manifestText = await textOf(form, 'manifest');
  if (manifestText === undefined) throw refuse('manifest', 'must be present');
  const module = form.get('module');
  const signatureText = await textOf(form, 'signature');
  const acceptedGrowth = await textOf(form, 'acceptGrowth');
  if (acceptedGrowth !== undefined && !DIGEST.test(acceptedGrowth)) {
    throw refuse('acceptGrowth', 'must be the digest of a growth, 64 hex digits in lower case');
  }
  return {
    manifestText,
    ...(module !== null && { code: await bytesOf(module) }),
    ...(signatureText !== undefined && { signatureText }),
    ...(acceptedGrowth !== undefined && { acceptedGrowth }),
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

/** Sent as a field or as a file. A file is read strictly: no byte is replaced before it is judged. */
async function textOf(form: FormData, name: Part): Promise<string | undefined> {
  const part = form.get(name);
  if (part === null || typeof part === 'string') return part ?? undefined;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
    return decoder.decode(await part.arrayBuffer());
  } catch {
    throw new Refusal('malformed_json', {
      detail: `Cannot read upload: "${name}" must be UTF-8`,
      errors: [{ pointer: `/${name}`, detail: 'must be UTF-8' }],
    });
  }
}

async function bytesOf(part: File | string): Promise<Uint8Array> {
  if (typeof part === 'string') throw refuse('module', 'must be sent as a file');
  return new Uint8Array(await part.arrayBuffer());
}

function refuse(name: Part, detail: string): Refusal {
  return new Refusal('invalid_body', {
    detail: `Cannot read upload: "${name}" ${detail}`,
    errors: [{ pointer: `/${name}`, detail }],
  });
}
