/** Every limit of message contents, with its unit and its reason. */
export const contentLimits = {
  /** One MIMI content: a history answer of many messages; larger than an entry, it travels as a blob. */
  contentBytesMax: 262_144,
  /** Levels of nested parts (draft-ietf-mimi-content, "Depth restrictions"); bounds recursion. */
  partDepthMax: 4,
  /** Parts of one message, at every level together. Bounds what a hostile body costs to walk. */
  partsMax: 64,
  /** Extensions of one message; the draft defines two. */
  extensionsMax: 32,
  /** Text key of an extension (CDDL: `tstr .size (1..255)`). */
  extensionKeyBytesMax: 255,
  /** Encoded value of one extension (the draft allows 4,095 to 4,096, by version). */
  extensionValueBytesMax: 4_096,
  /** Levels of tags, maps and arrays inside an extension's value: the draft's 4, less the map itself. */
  extensionDepthMax: 3,
  /** Names of things: topic ids, languages, media types. */
  nameBytesMax: 255,
  /** A URI: of a sender, a room, an external part. */
  uriBytesMax: 2_048,
  /** Key, nonce, additional data or hash of an external part: 64 holds the largest registered. */
  cryptoFieldBytesMax: 64,
  /** Description of an external part: a caption. */
  descriptionBytesMax: 4_096,
  /** File name: what ext4, APFS and NTFS hold. */
  filenameBytesMax: 255,
  /** Text of one message, UTF-8. Longer texts are files; keeps a message within one log entry. */
  textBytesMax: 16_384,
  /** One reaction, UTF-8: the longest emoji sequences (families, flags of regions) are below 40. */
  reactionBytesMax: 64,
  /** Message ids in one receipt: 8 KiB, within one padded entry. */
  receiptIdsMax: 256,
  /** Message ids in one history request: 8 KiB. */
  historyIdsMax: 256,
  /** Ranges of seqs in one history request. */
  historyRangesMax: 32,
  /** Messages in one history answer. */
  historyItemsMax: 256,
  /** Bytes of all contents in one history answer: leaves room in a content for what is around them. */
  historyContentBytesMax: 229_376,
  /** What an author calls himself: 128 UTF-16 units at their longest. */
  profileNameBytesMax: 512,
  /** Type name of a sync record. */
  syncTypeBytesMax: 64,
  /** Body of a sync record: settings, drafts, contact cards; never bulk data. */
  syncBodyBytesMax: 65_536,
} as const;
