export type { Channel } from "./channel.ts";
export { connectClient, type RemoteClient } from "./connect.ts";
export { decodeJson, encodeJson, jsonChannel, lineLengthMax, type TextPort } from "./json.ts";
export { channelPair } from "./pair.ts";
export { serveClient } from "./serve.ts";
