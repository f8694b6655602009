/** The terminal in raw mode, on its alternate screen; given back as it was, whatever happens. */
import type { World } from "../command.ts";
import { CliError } from "../failure.ts";
import { type Key, KeyDecoder } from "./keys.ts";
import { enterScreen, leaveScreen, paint } from "./paint.ts";
import type { Frame } from "./render.ts";
import type { Size } from "./state.ts";

export interface Terminal {
  size(): Size;
  draw(frame: Frame): void;
  /** The next frame is drawn whole. */
  forget(): void;
  close(): void;
}

export interface TerminalHandlers {
  key(key: Key): void;
  resize(size: Size): void;
}

const smallest: Size = { columns: 20, rows: 5 };

/** Throws `ERR_NOT_A_TERMINAL` when input or output is not one. */
export function openTerminal({ stdin, stdout, env }: World, { key, resize }: TerminalHandlers): Terminal {
  if (!stdin.isTTY || !stdout.isTTY) throw new CliError("ERR_NOT_A_TERMINAL", "a full-screen chat needs a terminal");
  const decoder = new KeyDecoder();
  const hasColour = (env.NO_COLOR ?? "") === "";
  let drawn: Frame | undefined;
  const size = (): Size => ({
    columns: Math.max(smallest.columns, stdout.columns),
    rows: Math.max(smallest.rows, stdout.rows),
  });
  const onData = (input: string) => {
    for (const pressed of decoder.push(input)) key(pressed);
  };
  const onResize = () => resize(size());
  // However the process ends, the person gets a usable terminal back.
  const restore = () => {
    stdin.setRawMode(false);
    stdout.write(leaveScreen);
  };
  stdin.setRawMode(true).setEncoding("utf8").on("data", onData).resume();
  stdout.on("resize", onResize);
  process.once("exit", restore);
  stdout.write(enterScreen);
  return {
    size,
    draw(frame) {
      stdout.write(paint(drawn, frame, hasColour));
      drawn = frame;
    },
    forget() {
      drawn = undefined;
    },
    close() {
      process.off("exit", restore);
      stdin.off("data", onData).pause();
      stdout.off("resize", onResize);
      restore();
    },
  };
}
