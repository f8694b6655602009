export type { NftCommand, NftErrorCode } from "./nft.ts";
export {
  type Denied,
  type NftablesDrops,
  NftablesOffload,
  type NftablesOptions,
  type NftablesState,
} from "./offload.ts";
