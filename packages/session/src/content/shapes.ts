/** Codecs of shapes that travel in more than one place. */
import { type Codec, fixed, id, sameBytes, struct, u53 } from "@rempart/protocol";
import type { JoinPoint } from "../types.ts";
import { chainStart } from "./chain.ts";

/** SHA-256 of something, or a chain hash. */
export const hashCodec = fixed(32);

const joinPointFields = struct({ logId: id("LogId"), fromSeq: u53, chain: hashCodec });

/** `JoinPoint` of `types.ts`. What nothing comes before has the chain of the start; for any other that is no chain hash. */
export const joinPointCodec: Codec<JoinPoint> = {
  encode(writer, join) {
    joinPointFields.encode(writer, join.chain.length === 0 ? { ...join, chain: chainStart } : join);
  },
  decode(reader) {
    const join = joinPointFields.decode(reader);
    const isUnknown = join.fromSeq > 1 && sameBytes(join.chain, chainStart);
    return isUnknown ? { ...join, chain: new Uint8Array() } : join;
  },
};
