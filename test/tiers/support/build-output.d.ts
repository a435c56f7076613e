/** What `scripts/build.mjs` makes for the tests alone. */

declare module '*/uploads.txt' {
  const json: string;
  export default json;
}
