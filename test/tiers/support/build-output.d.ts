/** What `scripts/build.mjs` makes for the tests alone. */

declare module '*/uploads.txt' {
  const json: string;
  export default json;
}

declare module '*/examples.txt' {
  const json: string;
  export default json;
}

/** A file as text. */
declare module '*?raw' {
  const text: string;
  export default text;
}
