import { describe, expect, test } from 'vitest';
import { readSlackText } from '../../src/channels/slack-text.ts';

describe('readSlackText()', () => {
  test.each([
    ['a &lt; b &amp;&amp; c &gt; d', 'a < b && c > d'],
    ['&amp;lt; stays &amp;amp;', '&lt; stays &amp;'],
    ['&quot; &#60; are typed so', '&quot; &#60; are typed so'],
    ['<https://a.example/x?a=1&amp;b=2>', 'https://a.example/x?a=1&b=2'],
    ['<http://a.example|a.example>', 'a.example'],
    ['<mailto:bob@b.example|bob@b.example>', 'bob@b.example'],
    ['<https://evil.example|https://good.example>', 'https://good.example (https://evil.example)'],
    ['<@U1> and <@U2|ann>', '@U1 and @ann'],
    ['<#C1|general> and <#C2> and <#C3|>', '#general and #C2 and #C3'],
    ['<!here> <!subteam^S1|@team> <!subteam^S2>', '@here @team @S2'],
    ['<!date^1392734382^{date}|18 February>', '18 February'],
    ['  kept as it is  ', '  kept as it is  '],
  ])('reads %j', (written, typed) => {
    expect(readSlackText(written)).toBe(typed);
  });

  test('what is escaped never becomes a reference', () => {
    expect(readSlackText('&lt;@U1&gt; &lt;mailto:a@a.example|b@b.example&gt;', 'U1')).toBe(
      '<@U1> <mailto:a@a.example|b@b.example>',
    );
  });

  test('leaves out mentions of the app itself, and no others', () => {
    expect(readSlackText('<@U1> ask <@U2>', 'U1')).toBe('ask @U2');
    expect(readSlackText('<@U11> ask', 'U1')).toBe('@U11 ask');
  });
});
