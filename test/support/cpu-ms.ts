/**
 * How long something computes. A clock would say how busy the machine is with others.
 *
 * @module
 */

/** Of this thread where that is known, else of the whole process: milliseconds. */
export function cpuMs(work: () => void): number {
  const spent = () => process.threadCpuUsage?.() ?? process.cpuUsage();
  const before = spent();
  work();
  return (spent().user - before.user) / 1_000;
}
