/**
 * Closes the ways from text to code, so that the source that was reviewed is all that runs.
 *
 * @module
 */

export function closeEval(): void {
  const refuse = (): never => {
    throw new EvalError('Cannot make code from text: plugins run what was reviewed, nothing else');
  };
  const { defineProperty, getPrototypeOf } = Object;
  const functions = [
    () => undefined,
    async () => undefined,
    function* () {},
    async function* () {},
  ];
  for (const sample of functions) {
    const prototype = getPrototypeOf(sample);
    const closed = function (this: unknown): never {
      return refuse();
    };
    defineProperty(closed, 'name', { value: prototype.constructor.name });
    // `x instanceof Function` goes on to work.
    defineProperty(closed, 'prototype', { value: prototype, writable: false });
    defineProperty(prototype, 'constructor', { value: closed, writable: false });
    if (prototype === Function.prototype) {
      defineProperty(globalThis, 'Function', { value: closed, enumerable: false });
    }
  }
  defineProperty(globalThis, 'eval', { value: refuse, enumerable: false });
}
