import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of all processes of this machine, as any account may read them. */
export function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

/** Sleeps for a minute, by a number that nobody else on this machine has at the same time. */
export const napOf = (n: number): string => `sleep 6${n}.${String(process.pid).padStart(7, '0')}`;
