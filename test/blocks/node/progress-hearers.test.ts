import { describe, expect, it } from 'vitest';
import { ProgressHearers } from '../../../src/blocks/node/progress-hearers.ts';

/** One that is busy with a line until it is told to go on. */
function slowHearer() {
  const heard: string[] = [];
  let goOn = Promise.withResolvers<void>();
  return {
    heard,
    hear: async (text: string) => {
      heard.push(text);
      await goOn.promise;
    },
    goOn: async () => {
      goOn.resolve();
      goOn = Promise.withResolvers();
      for (let turn = 0; turn < 8; turn++) await undefined;
    },
  };
}

describe('ProgressHearers', () => {
  it('passes one line after the other, and the latest of those that came meanwhile', async () => {
    const hearers = new ProgressHearers();
    const slow = slowHearer();
    hearers.hear('call', slow.hear);
    for (const text of ['one', 'two', 'three']) hearers.tell('call', text);
    expect(slow.heard).toEqual(['one']);
    await slow.goOn();
    expect(slow.heard).toEqual(['one', 'three']);
    await slow.goOn();
    hearers.tell('call', 'four');
    expect(slow.heard).toEqual(['one', 'three', 'four']);
  });

  it('passes nothing of another call, to one who has gone, or to one that a newer replaced', async () => {
    const hearers = new ProgressHearers();
    const [first, second] = [slowHearer(), slowHearer()];
    const forget = hearers.hear('call', first.hear);
    hearers.tell('other', 'nobody hears');
    hearers.hear('call', second.hear);
    hearers.tell('call', 'one');
    forget();
    hearers.tell('call', 'two');
    await second.goOn();
    expect([first.heard, second.heard]).toEqual([[], ['one', 'two']]);
  });

  it('lets go of one that cannot be reached any more', async () => {
    const hearers = new ProgressHearers();
    let asked = 0;
    hearers.hear('call', async () => {
      asked += 1;
      throw new Error('gone');
    });
    hearers.tell('call', 'one');
    await undefined;
    hearers.tell('call', 'two');
    expect(asked).toBe(1);
  });
});
