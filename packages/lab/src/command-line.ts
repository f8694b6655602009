import { type ParseArgsConfig, parseArgs } from "node:util";
import { LabError, messageOf } from "./lab-error.ts";

/** Reads options and names; throws `ERR_USAGE` for an option that the command does not know. */
export function readArguments<const O extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new LabError("ERR_USAGE", messageOf(error));
  }
}

/** A number within bounds, or `fallback` when the option was not given. Throws `ERR_USAGE`. */
export function numberOption(
  name: string,
  text: string | undefined,
  bounds: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  if (text === undefined) return bounds.fallback;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < bounds.min || value > bounds.max) {
    throw new LabError("ERR_USAGE", `--${name} is a number from ${bounds.min} to ${bounds.max}, not "${text}"`);
  }
  return value;
}

/** As {@link numberOption}, and the number is whole. */
export function countOption(
  name: string,
  text: string | undefined,
  bounds: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const value = numberOption(name, text, bounds);
  if (!Number.isInteger(value)) throw new LabError("ERR_USAGE", `--${name} is a whole number, not "${text}"`);
  return value;
}
