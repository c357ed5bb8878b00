/**
 * Whether a provider's connections work, as far as its answers show. A call that breaks before its head may have had a
 * kept-alive connection that the server closed meanwhile; where no call was answered since the last failure, it had not.
 */
export class KeptConnections {
  /** Calls went well since the last failure, on connections that the server said nothing of closing. */
  answered = false;
}
