/**
 * Whether a provider's connections work, as far as its answers show. A call that breaks before its head may have had a
 * kept-alive connection that the server closed meanwhile; where no call was answered since the last failure, it had not.
 */
export class KeptConnections {
  /** Calls were answered since the last failure: one of their connections may be kept. */
  answered = false;
}
