/** Codecs of shapes that travel in more than one place. */
import { fixed, id, struct, u53 } from "@rempart/protocol";

/** SHA-256 of something, or a chain hash. */
export const hashCodec = fixed(32);

/** `JoinPoint` of `types.ts`. */
export const joinPointCodec = struct({ logId: id("LogId"), fromSeq: u53, chain: hashCodec });
