/** Durations and moments as people write and read them. */
import { CliError } from "../failure.ts";

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `30s`, `90m`, `24h`, `7d`, `2w` in milliseconds. Throws `ERR_USAGE` on anything else. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  if (ms === 0) throw new CliError("ERR_USAGE", `"${text}" is not a duration: write for example 30m, 24h or 7d`);
  return ms;
}

const twoDigits = (n: number): string => String(n).padStart(2, "0");

/** `14:05` on the day of `now`, `2026-03-01 14:05` on another; in local time. */
export function formatTime(at: number, now: number): string {
  const time = new Date(at);
  const clock = `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
  return time.toDateString() === new Date(now).toDateString() ? clock : `${formatDay(at)} ${clock}`;
}

/** `2026-03-01`, in local time. */
export function formatDay(at: number): string {
  const time = new Date(at);
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
}

/** `30 s`, `1.5 s`: a duration in milliseconds for a message. */
export function formatSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
