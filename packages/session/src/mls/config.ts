/** How ts-mls is configured: its defaults trust everybody and keep keys for long. */
import { sameBytes } from "@rempart/protocol";
import type { Capabilities, ClientConfig, Lifetime } from "ts-mls";
import type { CryptoProvider } from "../provider/provider.ts";
import type { SuiteName } from "../types.ts";
import { authenticationService } from "./credential.ts";
import { mlsLimits } from "./limits.ts";
import { groupExtensionType, lastResortExtensionType } from "./policy.ts";

export const suiteNames = [
  "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
  "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
] as const satisfies readonly SuiteName[];

export function isSuiteName(name: string): name is SuiteName {
  return (suiteNames as readonly string[]).includes(name);
}

/** Seconds since the Unix epoch, as MLS counts. */
export function nowSeconds(crypto: CryptoProvider): bigint {
  return BigInt(Math.floor(crypto.entropy.now() / 1_000));
}

export function clientConfig(crypto: CryptoProvider): ClientConfig {
  return {
    authService: authenticationService(crypto),
    lifetimeConfig: {
      maximumTotalLifetime: BigInt(mlsLimits.lifetimeSeconds + mlsLimits.lifetimeSkewSeconds),
      // The clocks of two members may differ, and a commit is applied by all or by none: who adds a device
      // checks its lifetime against the clock, everyone else that it is bounded ([SN5]).
      validateLifetimeOnReceive: false,
      currentTime: () => nowSeconds(crypto),
    },
    keyPackageEqualityConfig: {
      compareKeyPackages: (a, b) => sameBytes(a.leafNode.signaturePublicKey, b.leafNode.signaturePublicKey),
      compareKeyPackageToLeafNode: (a, b) => sameBytes(a.leafNode.signaturePublicKey, b.signaturePublicKey),
    },
    keyRetentionConfig: {
      retainKeysForGenerations: mlsLimits.retainedGenerationsMax,
      retainKeysForEpochs: 1,
      maximumForwardRatchetSteps: mlsLimits.forwardStepsMax,
    },
    // The outer seal pads.
    paddingConfig: { kind: "alwaysPad", paddingLength: 0 },
  };
}

export const leafCapabilities: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [...suiteNames],
  extensions: [lastResortExtensionType, groupExtensionType],
  proposals: [],
  credentials: ["basic"],
};

export function newLifetime(crypto: CryptoProvider): Lifetime {
  const now = nowSeconds(crypto);
  return {
    notBefore: now - BigInt(mlsLimits.lifetimeSkewSeconds),
    notAfter: now + BigInt(mlsLimits.lifetimeSeconds),
  };
}

/** [SN5] A lifetime is bounded, whatever the clock says. */
export function isLifetimeBounded({ notBefore, notAfter }: Lifetime): boolean {
  return (
    notBefore <= notAfter && notAfter - notBefore <= BigInt(mlsLimits.lifetimeSeconds + mlsLimits.lifetimeSkewSeconds)
  );
}
