/** Every limit of the client, with its unit and its reason. */
export const clientLimits = {
  /** Shortest pause before a new attempt to connect; the actual one is drawn between 0 and the bound. */
  retryDelayMsMin: 500,
  /** Longest bound of that pause: half a minute is what a person waits before pressing the button. */
  retryDelayMsMax: 30_000,
  /** Longest pause that a server may ask for and get: above it, it is as good as gone, and is asked all the same. */
  retryAfterMsMax: 3_600_000,
  /** Shortest pause after the gate has said that nobody from this address gets in for now. */
  gonePauseMs: 300_000,
  /** Tickets and tokens in a row that the gate may turn down: below the number for which it shuts out an address. */
  proofsTurnedDownMax: 3,
  /** Tickets kept: one comes for every one that is shown, so that a few are what it takes. */
  ticketsKeptMax: 8,
  /** In quiet time, a device without tickets spends a token for some after a pause drawn between 0 and this. */
  ticketsPauseMsMax: 300_000,
  /** Tokens below which new ones are fetched without waiting for the moment of the day: a few days' reserve for one siege. */
  tokensLowCount: 8,
  /** Tokens that invitations leave: who invites has to get in himself. */
  tokensReserve: 4,
  /** Part of the UTC day over which devices spread when they fetch their tokens: six hours. */
  tokensSpreadMs: 21_600_000,
  /** Pause between two looks at whether tokens are due, drawn between half of this and this. */
  tokensLookMs: 60_000,
  /** Pause before tokens are asked for again after a refusal; doubles up to an hour, and is jittered. */
  tokensRetryMs: 60_000,
  tokensRetryMsMax: 3_600_000,
  /** An attempt to connect, handshake included. */
  connectTimeoutMs: 20_000,
  /** An answer of the server to one request. */
  requestTimeoutMs: 30_000,
  /** Silence after which the connection is tested; Node and most proxies cut silent ones after 60 s. */
  pingAfterMs: 25_000,
  /**
   * Requests in flight, and the bytes that they and their replies hold: once for those with large replies, and once for all
   * others, which so never wait behind history. Together below the server's bounds, so that it never has to refuse.
   */
  requestsInFlightMax: 128,
  inFlightBytesMax: 458_752,
  /** Entries opened in one transaction: an fsync for each would bound catch-up by the disk. */
  entriesPerTransactionMax: 64,
  /** Bytes of entries that wait to be opened in one log; above it the log is unsubscribed until they are. */
  queueBytesMax: 8_388_608,
  /** Chain hashes kept per log, to compare with what authors of late messages had seen. */
  chainHashesMax: 4_096,
  /** Key packages kept on the server per suite: what a busy day of invitations takes. */
  keyPackagesMin: 8,
  /** Age at which a key package is replaced: two thirds of its lifetime. */
  keyPackageAgeMsMax: 60 * 86_400_000,
  /** Members above which nobody sends receipts: every one would cost every member an entry. */
  receiptMembersMax: 64,
  /** How long receipts are collected before they are sent. */
  receiptDelayMs: 400,
  /** Message ids in one receipt. */
  receiptIdsMax: 256,
  /** Bytes of one file; larger ones would not fit the memory of a phone while they are sealed. */
  fileBytesMax: 64 * 1_048_576,
  /** Bytes of a file per row of the local database. */
  fileChunkBytes: 262_144,
  /** Bytes of a text message, UTF-8. */
  textBytesMax: 16_384,
  /** UTF-16 units of the name of a person or a group. */
  nameUnitsMax: 128,
  /** UTF-16 units of a draft. */
  draftUnitsMax: 16_384,
  /** Messages that one query returns. */
  messagesPerQueryMax: 500,
  /** Messages that wait for the server in one chat. */
  outboxMax: 2_000,
  /** How long a member waits before committing another's leave; drawn between 0 and this. */
  leaveCommitDelayMsMax: 3_000,
  /** How long a call waits for what it started before it returns and lets it go on. */
  settleTimeoutMs: 20_000,
  /** Pause before a refused or failed piece of work is tried again; doubles up to `retryWorkMsMax`. */
  retryWorkMs: 1_000,
  retryWorkMsMax: 60_000,
  /** Pause between two requests to be let back into a group; doubles up to `rejoinRetryMsMax`. */
  rejoinRetryMs: 30_000,
  rejoinRetryMsMax: 3_600_000,
  /** Welcomes from accounts that are no contacts, kept for the case that they become some: the link may be anywhere. */
  strangersWelcomesMax: 64,
  /** Groups named in one record that tells a device where it is a member: below what the body of a sync record holds. */
  logsToldMax: 1_000,
  /** How long a device asks to be let into a group that it knows nothing of but a Welcome it cannot open. */
  missedGroupMs: 86_400_000,
  /** Rejoin kits and history answers that one device gives one account per hour. */
  helpPerHourMax: 20,
  /**
   * Devices in a group with post-quantum keys. They cost bandwidth: a Welcome with its tree has up to 275 KB at 100
   * devices, and ten times as much at 1,000. New devices of members are let in all the same.
   */
  hybridDevicesMax: 100,
  /**
   * How long a device that is out of a group goes on asking when nobody is known who could help: those who are left have
   * lost their place too, or it knows of nobody.
   */
  allLostMs: 300_000,
  /** Generations of the group of an account's own devices that are told apart: each was founded because one had died. */
  selfGroupsMax: 32,
  /** How long a device that has lost its self group waits for siblings which neither help nor say that they cannot. */
  selfGroupPatienceMs: 86_400_000,
  /** Accounts, beyond the members that it knows, whom a device that is out of a group notes as possible helpers. */
  helpersNotedMax: 64,
  /** Gaps of one log that are told apart: each is a time that this device was out of the group. */
  gapsPerLogMax: 32,
  /** Links over which a device asks for entries of its contact log that the server has not sent: expired ones never come. */
  contactGapTriesMax: 8,
  /** Pause before what was missed is asked for again, when nobody has answered for all of it; doubles every time. */
  historyRetryMs: 60_000,
  /** How often it is asked for. */
  historyTriesMax: 5,
  /** Members who are asked for a way back at once: each asked costs a sealed entry, and one who is there will do. */
  helpersMax: 8,
  /** Members whose cards a newcomer is told: enough that one of them is there when he needs a way back. */
  cardsToldMax: 64,
  /** Bytes of JSON in one record that tells who others are: below what the body of a sync record holds. */
  introductionsBytesMax: 60_000,
  /** How long another member of the account waits before it answers what its sibling may answer first. */
  helpDelayMsMax: 2_000,
  /** Messages looked through for one history answer. */
  historyItemsMax: 200,
  /** History answers to one request. */
  historyAnswersMax: 16,
  /** Bytes of contents in one history answer: fits the largest entry with room for what is around it. */
  historyBytesMax: 40_000,
} as const;
