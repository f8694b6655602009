/** Cipher suites by the numbers that the directory knows them by. */
import type { SuiteName } from "@rempart/session";
import { ClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";

export const suiteNumbers: Readonly<Record<SuiteName, number>> = {
  MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: 1,
  MLS_256_XWING_AES256GCM_SHA512_Ed25519: 83,
};

export function isPostQuantum(suite: SuiteName): boolean {
  return suite === "MLS_256_XWING_AES256GCM_SHA512_Ed25519";
}

/** Whether a group of this suite may have so many devices. */
export function isRoomFor(suite: SuiteName, devices: number): boolean {
  return !isPostQuantum(suite) || devices <= clientLimits.hybridDevicesMax;
}

export function hybridFull(): ClientError {
  const { hybridDevicesMax } = clientLimits;
  return new ClientError(
    "ERR_HYBRID_FULL",
    `a group with post-quantum keys has at most ${hybridDevicesMax} devices: make a new group with everyone in it, which then has classical keys`,
  );
}
