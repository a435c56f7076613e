/**
 * A page that lists the routes for people. It runs no script and loads nothing.
 *
 * @module
 */

import { toJsonSchema } from './openapi.ts';
import type { Route } from './route.ts';
import { toNotation } from './schema-notation.ts';

const STYLE = `
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a}
h1{font-size:1.6rem}h2{font-size:1.1rem;margin:2rem 0 .5rem;text-transform:capitalize}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.4rem .6rem .4rem 0;vertical-align:top}
code,pre{font:14px ui-monospace,monospace}pre{overflow-x:auto;margin:.2rem 0 .6rem}summary{color:#555}.m{font-weight:600;width:4.5rem}.c{color:#555;white-space:nowrap}
@media (prefers-color-scheme:dark){body{background:#111;color:#eee}td{border-color:#333}.c{color:#aaa}summary{color:#aaa}a{color:#8ab4f8}}
`;

/** Allows the page's own style and nothing else. */
export const DOCS_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

export function toDocsPage(routes: readonly Route[]): string {
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sallyport API</title><style>${STYLE}</style></head><body>
<h1>Sallyport</h1>
<p>An agent gateway: every tool call that a model proposes passes seven checks before it runs in a
sandbox, every result is inspected, and every decision is on the record. Authenticate with
<code>Authorization: Bearer &lt;token&gt;</code>. The whole description is
<a href="/openapi.json">openapi.json</a>; plugins are described by
<a href="/schemas/plugin.json">plugin.json</a>.</p>
${tags.map((tag) => toSection(tag, routes)).join('\n')}
</body></html>
`;
}

function toSection(tag: string, routes: readonly Route[]): string {
  const rows = routes
    .filter((route) => route.tag === tag)
    .map((route) => {
      const { method, path, summary, access } = route;
      const told = `<code>${escapeHtml(path)}</code><br>${escapeHtml(summary)}${toFields(route)}`;
      return `<tr><td class="m">${method}</td><td>${told}</td><td class="c"><code>${access}</code></td></tr>`;
    });
  return `<h2>${tag}</h2><table>${rows.join('')}</table>`;
}

/** What the route takes and answers, behind a word that opens it. */
function toFields({ query, body, success: { describes, status } }: Route): string {
  const answers = status === 204 || typeof describes === 'string' ? undefined : describes;
  const parts = [
    ['query', query && toJsonSchema(query, 'input')],
    ['body', body && toJsonSchema(body, 'input')],
    ['answer', answers && toJsonSchema(answers, 'output')],
  ] as const;
  const shown = parts.flatMap(([name, schema]) =>
    schema === undefined ? [] : [`${name} ${toNotation(schema)}`],
  );
  if (shown.length === 0) return '';
  return `<details><summary>fields</summary><pre>${escapeHtml(shown.join('\n'))}</pre></details>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
