import { limits } from "@rempart/protocol";
import { CliError } from "./failure.ts";

/** Most that is read as text, in characters: more than any message may have. */
const inputCharsMax = limits.entryBytesMax;

/** All of a stream as text. Throws `ERR_USAGE` when it is more than a message can be. */
export async function readInput(stream: NodeJS.ReadStream): Promise<string> {
  stream.setEncoding("utf8");
  let text = "";
  for await (const piece of stream) {
    text += String(piece);
    if (text.length > inputCharsMax)
      throw new CliError("ERR_USAGE", "that is too long for a message: send it as a file");
  }
  return text;
}
