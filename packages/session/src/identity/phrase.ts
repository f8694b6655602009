/** The recovery phrase: 128 random bits as twelve words of BIP-39's English list, with a checksum. */
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { SessionError } from "../errors.ts";

export const phraseWordCount = 12;
/** Bytes of randomness behind a phrase. */
export const phraseEntropyBytes = 16;

const known = new Set(wordlist);

/** Why a phrase was refused; its words appear in no message. */
export type PhraseFault =
  /** Not twelve words. */
  | { readonly reason: "word-count"; readonly count: number }
  /** The word at `position` (1 to 12) is not in the list: a typing error. */
  | { readonly reason: "unknown-word"; readonly position: number }
  /** Every word is in the list, but they do not belong together: one is wrong or two are swapped. */
  | { readonly reason: "checksum" };

/** `ERR_PHRASE`, with what a person needs in order to find the mistake. */
export class PhraseError extends SessionError {
  readonly fault: PhraseFault;

  constructor(fault: PhraseFault) {
    super("ERR_PHRASE", explain(fault));
    this.name = "PhraseError";
    this.fault = fault;
  }
}

function explain(fault: PhraseFault): string {
  switch (fault.reason) {
    case "word-count":
      return `a recovery phrase has ${phraseWordCount} words, not ${fault.count}`;
    case "unknown-word":
      return `word ${fault.position} of the recovery phrase is not in the list`;
    case "checksum":
      return "the words of the recovery phrase do not belong together: one is wrong or two are swapped";
  }
}

/** Lower-case words, one space between them. */
export function phraseOf(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/** The bytes behind a phrase, however it is spaced and capitalised. Throws {@link PhraseError}. */
export function entropyOfPhrase(phrase: string): Uint8Array {
  const words = phrase.normalize("NFKD").toLowerCase().split(/\s+/u).filter(Boolean);
  if (words.length !== phraseWordCount) throw new PhraseError({ reason: "word-count", count: words.length });
  const wrong = words.findIndex((word) => !known.has(word));
  if (wrong !== -1) throw new PhraseError({ reason: "unknown-word", position: wrong + 1 });
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    // Count and words were checked above, so that only the checksum is left. The library's own error is
    // dropped on purpose: its wording is not ours to keep free of words.
    throw new PhraseError({ reason: "checksum" });
  }
}
