export * from "./account-keys.ts";
export {
  type CompactCard,
  type ContactCard,
  cardBytes,
  claimKeyOf,
  compactCard,
  completeCard,
  createContactCard,
  decodeCard,
  encodeCard,
} from "./card.ts";
export * from "./contact-box.ts";
export {
  type ContactEntry,
  contactLimits,
  contactNonceBytes,
  type FoundedEntry,
  type Payload,
  type RejoinKit,
  type RejoinRequest,
  type WelcomeEntry,
} from "./contact-entry.ts";
export * from "./link.ts";
export * from "./phrase.ts";
export * from "./profile.ts";
