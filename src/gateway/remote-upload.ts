/**
 * Reads a plugin upload, and makes the whole plugin of one that only names a remote MCP server.
 *
 * @module
 */

import template from '../../build/remote-mcp.txt';
import { expandRemote } from '../plugin-review/remote/expand-remote.ts';
import type { Submission } from '../plugin-review/submission.ts';
import { readUpload } from './read-upload.ts';
import { refuseReviewed } from './review-upload.ts';

const MAKER = { template, readUrl: URL.parse };

export async function readPluginUpload(request: Request): Promise<Submission> {
  const expanded = expandRemote(await readUpload(request), MAKER);
  if (expanded.ok) return expanded.value;
  throw refuseReviewed({ verdict: 'refused', findings: expanded.error });
}
