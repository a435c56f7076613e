/** `markdown-to-html`: what it turns into HTML, and that nothing of its author's gets through. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askExample, callExample } from '../support/examples.ts';

async function render(source: string): Promise<string> {
  const { html } = await askExample('markdown-to-html', { source });
  return html;
}

const REL = ' rel="nofollow noopener noreferrer"';

describe('blocks', () => {
  test.each([
    ['# A *b* ##', '<h1>A <em>b</em></h1>\n'],
    ['####### seven', '<p>####### seven</p>\n'],
    ['Title\n=====\n\nSub\n---', '<h1>Title</h1>\n<h2>Sub</h2>\n'],
    ['one\ntwo\n\nthree', '<p>one\ntwo</p>\n<p>three</p>\n'],
    ['a  \nb\\\nc', '<p>a<br>\nb<br>\nc</p>\n'],
    ['***', '<hr>\n'],
    ['> q\ngoes on\n\nafter', '<blockquote>\n<p>q\ngoes on</p>\n</blockquote>\n<p>after</p>\n'],
    ['```js\na < b\n```', '<pre><code class="language-js">a &lt; b\n</code></pre>\n'],
    ['~~~\n```\n~~~', '<pre><code>```\n</code></pre>\n'],
    ['```\nnever closed', '<pre><code>never closed\n</code></pre>\n'],
    ['\tindented\n\n\tcode', '<pre><code>indented\n\ncode\n</code></pre>\n'],
    ['', ''],
    ['\r\n\r\n', ''],
  ])('%j', async (source, html) => {
    expect(await render(source)).toBe(html);
  });

  test.each([
    ['- a\n- b', '<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n'],
    ['- a\n\n- b', '<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n'],
    ['3. a\n4. b', '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'],
    ['- a\n  - b\n- c', '<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>\n'],
    ['- a\n\n1. b', '<ul>\n<li>a</li>\n</ul>\n<ol>\n<li>b</li>\n</ol>\n'],
    ['text\n2. no list', '<p>text\n2. no list</p>\n'],
    ['-not a list', '<p>-not a list</p>\n'],
  ])('lists: %j', async (source, html) => {
    expect(await render(source)).toBe(html);
  });

  test('tables, with their columns aligned and their rows cut or filled up', async () => {
    const html = await render('| a | b |\n|:--|:-:|\n| 1 | 2 | 3 |\n| *x* \\| y |');
    expect(html).toBe(
      [
        '<table>\n<thead>',
        '<tr><th align="left">a</th><th align="center">b</th></tr>',
        '</thead>\n<tbody>',
        '<tr><td align="left">1</td><td align="center">2</td></tr>',
        '<tr><td align="left"><em>x</em> | y</td><td align="center"></td></tr>',
        '</tbody>\n</table>\n',
      ].join('\n'),
    );
    expect(await render('a | b\n--|--|--')).not.toContain('<table>');
    expect(await render('no table\n---')).toBe('<h2>no table</h2>\n');
  });
});

describe('within a line', () => {
  test.each([
    ['*a* _b_ **c** __d__', '<em>a</em> <em>b</em> <strong>c</strong> <strong>d</strong>'],
    ['***both***', '<em><strong>both</strong></em>'],
    ['**a *b* c**', '<strong>a <em>b</em> c</strong>'],
    ['snake_case_word 2 * 3 * 4', 'snake_case_word 2 * 3 * 4'],
    ['**open', '**open'],
    ['`` a ` <b> ``', '<code>a ` &lt;b&gt;</code>'],
    ['`never closed', '`never closed'],
    ['\\*plain\\* \\a', '*plain* \\a'],
    ['[a](https://x.example "t")', `<a href="https://x.example" title="t"${REL}>a</a>`],
    ['[*a*](<b c>)', `<a href="b%20c"${REL}><em>a</em></a>`],
    ['[a [b](/c) d](/e)', `[a <a href="/c"${REL}>b</a> d](/e)`],
    ['[a] (b)', '[a] (b)'],
    ['![a *b*](/c.png "t")', '<img src="/c.png" alt="a *b*" title="t">'],
    [
      '<https://x.example/?a=1&b>',
      `<a href="https://x.example/?a=1&amp;b"${REL}>https://x.example/?a=1&amp;b</a>`,
    ],
    ['<ada@x.example>', `<a href="mailto:ada@x.example"${REL}>ada@x.example</a>`],
  ])('%j', async (source, html) => {
    expect(await render(source)).toBe(`<p>${html}</p>\n`);
  });
});

/** Every tag that may ever be in an answer. */
const OURS =
  /<\/?(?:h[1-6]|p|em|strong|code|pre|ul|ol|li|hr|br|blockquote|table|thead|tbody|tr|th|td)(?: (?:class="language-[\w+#-]+"|align="\w+"|start="\d+"))?>|<a href="[^"<>]*"(?: title="[^"<>]*")? rel="[a-z ]+">|<\/a>|<img src="[^"<>]*" alt="[^"<>]*"(?: title="[^"<>]*")?>/g;

describe('what its author would like to get through', () => {
  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['&lt;b&gt; &#60;', '&amp;lt;b&amp;gt; &amp;#60;'],
    ['"&\'', "&quot;&amp;'"],
    ['a\0b', 'a\ufffdb'],
  ])('is escaped: %j', async (source, html) => {
    expect(await render(source)).toBe(`<p>${html}</p>\n`);
  });

  test.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'jAvAsCrIpT:alert(1)',
    'javascript\\:alert(1)',
    '<javascript:alert(1)>',
    '<java\tscript:alert(1)>',
    '\x01javascript:alert(1)',
    'data:text/html;base64,PHNjcmlwdD4=',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://x',
    'a:b',
  ])('is no link: %j', async (url) => {
    for (const source of [`[x](${url})`, `![x](${url})`, `[![x](${url})](${url})`]) {
      const html = await render(source);
      expect(html).not.toMatch(/<(?:a|img)\b/);
      expect(html).not.toMatch(/(?:href|src)=/);
    }
    expect(await render(`<${url}>`)).not.toContain('<a');
  });

  test.each([
    ['&#106;avascript:alert(1)', '&amp;#106;avascript:alert(1)'],
    ['javascript&colon;alert(1)', 'javascript&amp;colon;alert(1)'],
    ['/a"onclick="b', '/a&quot;onclick=&quot;b'],
    ['//other.example', '//other.example'],
    ['x/javascript:alert(1)', 'x/javascript:alert(1)'],
    ['?javascript:alert(1)', '?javascript:alert(1)'],
  ])('is a link to where it cannot harm: %j', async (url, href) => {
    expect(await render(`[x](${url})`)).toBe(`<p><a href="${href}"${REL}>x</a></p>\n`);
  });

  test.each([
    '```"><script>\nx\n```',
    '[x](/a "\\"><script>")',
    '![\\"><script>](/a)',
    '| a |\n|---|\n| <script> |',
    '# <script>',
    '[<script>](/a)',
    '<https://x/"><script>',
  ])('stays text wherever it stands: %j', async (source) => {
    expect((await render(source)).replaceAll(OURS, '')).not.toMatch(/[<>]/);
  });

  test('never becomes a tag that is not ours, whatever is written', async () => {
    const signs = fc.constantFrom(
      ...['*', '_', '`', '[', ']', '(', ')', '!', '<', '>', '"', '\\', '\n', ' ', '|', '-', '#'],
      ...['javascript:', 'https://x', '> ', '- ', '1. ', '```', 'a', '&', '\t', '~~~', ':-'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(signs, { maxLength: 60 }), async (parts) => {
        const html = await render(parts.join(''));
        expect(html.replaceAll(OURS, '')).not.toMatch(/[<>]/);
        expect(html).not.toMatch(/(?:href|src)="\s*javascript:/i);
      }),
      { numRuns: 150 },
    );
  });
});

describe('whatever it is given', () => {
  const LENGTH = 100_000;
  test.each([
    ['quotes', '>'.repeat(LENGTH)],
    ['lists', '- '.repeat(LENGTH / 2)],
    [
      'nested lists',
      Array.from({ length: 250 }, (_, depth) => `${' '.repeat(depth * 2)}- x`).join('\n'),
    ],
    ['stars', '*a '.repeat(LENGTH / 3)],
    ['stars of many kinds', '*_**__***'.repeat(LENGTH / 9)],
    ['matched stars', '*a* '.repeat(LENGTH / 4)],
    ['brackets', '['.repeat(LENGTH)],
    ['images', '!['.repeat(LENGTH / 2)],
    ['broken links', '[a](b'.repeat(LENGTH / 5)],
    ['backticks', Array.from({ length: 600 }, (_, n) => `${'`'.repeat(n)} `).join('')],
    ['addresses', '<a'.repeat(LENGTH / 2)],
    ['tables', `${'|'.repeat(100)}\n${'-|'.repeat(100)}\n${'|'.repeat(LENGTH)}`],
    ['lines', '\n'.repeat(LENGTH)],
    ['paragraphs', 'a\n\n'.repeat(LENGTH / 3)],
  ])('%s: it comes to an end', async (_, source) => {
    const { end } = await callExample('markdown-to-html', { source });
    expect(end).toBe('ok');
  });
});
