/** MLS groups as Rempart uses them: pure functions over immutable {@link Group} values. */
export * from "../blob.ts";
export * from "./commit.ts";
export { isSuiteName, suiteNames } from "./config.ts";
export {
  type AccountSigner,
  createDevice,
  type DeviceKeys,
  deviceKeysCodec,
  verifyCredential,
} from "./credential.ts";
export { groupInfoForRejoin, rejoin, type StagedRejoin } from "./external.ts";
export { createGroup, type Joined, joinFromWelcome, welcomeReferences } from "./join.ts";
export { makeKeyPackage, type VerifiedKeyPackage, verifyKeyPackage } from "./key-package.ts";
export { mlsLimits } from "./limits.ts";
export { openEntry, openMessage } from "./open.ts";
export { directPolicy, newGroupPolicy, selfPolicy } from "./policy.ts";
export { checkCommit, isPermitted, roleOf } from "./policy-check.ts";
export { encryptMessage, proposeLeave } from "./send.ts";
export { decodeGroup, encodeGroup } from "./snapshot.ts";
