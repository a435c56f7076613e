/**
 * What a person sees who comes back from signing in to a remote server. The pages run no script, load
 * nothing, and hold nothing of what the browser brought.
 *
 * @module
 */

const STYLE =
  'body{font:18px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:32rem;padding:0 1rem}' +
  'code{font:700 2rem ui-monospace,monospace;letter-spacing:.1em}' +
  '@media (prefers-color-scheme:dark){body{background:#111;color:#eee}}';

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
} as const;

/** `code` is one of ours: eight letters and digits. */
export function signedInPage(code: string): Response {
  const shown = `${code.slice(0, 4)}-${code.slice(4)}`;
  return page(
    200,
    `<h1>One more step</h1><p>Enter this code where you asked to sign in:</p><p><code>${shown}</code></p>
<p>Did somebody send you a link to come here? Then tell this code to nobody, and close the page.</p>`,
  );
}

export function failedPage(): Response {
  return page(
    400,
    '<h1>Not signed in</h1><p>This sign-in is over, or was refused. Begin anew where you asked to sign in.</p>',
  );
}

function page(status: number, body: string): Response {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sallyport</title><style>${STYLE}</style></head><body>${body}</body></html>
`;
  return new Response(html, { status, headers: HEADERS });
}
