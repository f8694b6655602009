/** Every limit that both sides of the gate have to know, with its unit and its reason. */
export const gateLimits = {
  /** A proof: the largest is a token. Bounds what a stranger can make the gate hold after the upgrade. */
  proofBytesMax: 512,
  /** A verdict: two tickets, or a puzzle. */
  verdictBytesMax: 512,
  /** Tickets in one verdict: the next one, and a spare for a connection that is lost before it could say so. */
  ticketsPerVerdictMax: 2,
  /** How long a ticket is good, at most; its end is rounded down to the hour, so that it tells nothing. Two days. */
  ticketLifetimeMs: 172_800_000,
  /** Hashes that one unit of effort takes on average: about 10 ms on a desktop, 50 ms on a slow phone. */
  workUnitHashes: 16_384,
  /** Highest effort ever asked: about 20 s on a slow phone at 0.3 million hashes a second. */
  effortMax: 366,
  /** How long one seed is handed out; the one before stays good as long again. */
  seedMs: 600_000,
  /** Tokens of a device for one day. The same for everybody, whatever they need: a number of one's own would be a name. */
  tokensPerDay: 32,
  /** Days after its own on which a token is taken: somebody who was away for a week still gets in. */
  tokenDaysKept: 7,
  /** Tokens that one invitation carries: one gets in, and brings two tickets. Each adds 430 characters to a link that is drawn as a QR code. */
  tokensPerInviteMax: 1,
} as const;
