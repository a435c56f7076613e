/** The part of `tr46` (Unicode Technical Standard 46) that is used here; it brings no types. */
declare module 'tr46' {
  interface Rules {
    readonly checkHyphens?: boolean;
    readonly checkBidi?: boolean;
    readonly checkJoiners?: boolean;
    readonly useSTD3ASCIIRules?: boolean;
    readonly verifyDNSLength?: boolean;
  }
  /** A-labels, or `null` where the name breaks the rules. */
  export function toASCII(name: string, rules?: Rules): string | null;
  export function toUnicode(name: string, rules?: Rules): { domain: string; error: boolean };
}
