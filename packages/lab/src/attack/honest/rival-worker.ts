/** The honest clients' process against a rival. */

import { answerQuestions } from "../helper.ts";
import type { Rates } from "../settings.ts";
import type { Target } from "../target.ts";
import { RivalLoad } from "./rival-load.ts";
import { mqtt, xmpp } from "./rival-protocols.ts";

export interface RivalSettings {
  readonly target: Target;
  readonly dialect: "xmpp" | "mqtt";
  readonly rates: Rates;
  readonly crowd: number;
  readonly seed: number;
}

answerQuestions((settings: RivalSettings) => {
  const load = new RivalLoad({ ...settings, protocol: settings.dialect === "mqtt" ? mqtt : xmpp });
  let told = 0;
  return {
    settle: () => load.settle(),
    start: () => load.start(),
    cease: () => load.cease(),
    transactions() {
      const fresh = load.transactions.slice(told);
      told = load.transactions.length;
      return fresh;
    },
    returnAll: () => load.returnAll(),
    finish: () => ({ lost: load.lost(), refusals: { falseRefusals: 0, busy: { A: 0, B: 0, C: 0, D: 0 } }, dials: [] }),
  };
});
