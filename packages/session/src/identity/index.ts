export * from "./account-keys.ts";
export { toBase64url } from "./base64url.ts";
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
  type AddingEntry,
  type ContactEntry,
  contactLimits,
  contactNonceBytes,
  type Payload,
  type RejoinKit,
  type RejoinRequest,
  type WelcomeEntry,
} from "./contact-entry.ts";
export * from "./link.ts";
export * from "./phrase.ts";
export * from "./profile.ts";
