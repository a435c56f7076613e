/**
 * What both sides of a connection sign to prove who they are.
 *
 * Each text names its purpose and the signer's role, so that a signature can neither be reflected
 * nor be used elsewhere, and holds both nonces, so that it is good for this connection alone.
 *
 * @module
 */

export interface Handshake {
  readonly workspace: string;
  readonly node: string;
  /** 32 random bytes of each side, base64url. */
  readonly executorNonce: string;
  readonly gatewayNonce: string;
}

export function handshakeText(signer: 'gateway' | 'executor', handshake: Handshake): string {
  const { workspace, node, executorNonce, gatewayNonce } = handshake;
  return [
    'sallyport executor handshake v1',
    signer,
    ...[workspace, node, executorNonce, gatewayNonce],
  ].join('\n');
}

/** Proves at enrolment that the key belongs to whoever brings the code. */
export function enrolmentText(code: string, publicKey: string): string {
  return ['sallyport executor enrolment v1', code, publicKey].join('\n');
}
