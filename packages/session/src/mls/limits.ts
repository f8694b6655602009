/** Every limit of the MLS part, with its unit and reason. */
export const mlsLimits = {
  /** Devices in one group: ts-mls's encoder recurses once per element and overflows above 2,048 in a worker. */
  membersMax: 2_000,
  /** One MLS message, inline or detached: an X-Wing Welcome of 2,000 members needs about 5.4 MB. */
  messageBytesMax: 8_388_608,
  /** Proposals in one commit: some checks of ts-mls compare each with each. */
  proposalsMax: 2_048,
  /** How far a key package may be dated back, in seconds: clocks differ. */
  lifetimeSkewSeconds: 3_600,
  /** How long a key package may be used, in seconds: 90 days. */
  lifetimeSeconds: 90 * 86_400,
  /** Skipped generations of one ratchet whose keys are kept for late messages. */
  retainedGenerationsMax: 8,
  /** How far a received message may be ahead of its ratchet: bounds the hashing a member can cause. */
  forwardStepsMax: 1_000,
  /** UTF-16 units of a group's name. */
  nameUnitsMax: 128,
  /** Bytes of an encoded picture reference. */
  pictureBytesMax: 256,
  /** Accounts with a role above `member`. */
  rolesMax: 256,
} as const;
