/** Dates, times and sizes as the person's language writes them. */

export interface Formats {
  /** Hours and minutes. */
  time(at: number): string;
  /** For lists: the time today, the weekday within a week, the date otherwise. */
  listTime(at: number, now: number): string;
  /** For day separators: "today" and "yesterday" in words. */
  day(at: number, now: number): string;
  /** Date and time, in full. */
  full(at: number): string;
  date(at: number): string;
  bytes(count: number): string;
}

const dayMs = 86_400_000;

export function formatsOf(language: string): Formats {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options);
  const time = format({ hour: "numeric", minute: "2-digit" });
  const weekday = format({ weekday: "short" });
  const date = format({ day: "numeric", month: "short" });
  const dateWithYear = format({ day: "numeric", month: "short", year: "numeric" });
  const longDay = format({ weekday: "long", day: "numeric", month: "long" });
  const longDayWithYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const full = format({ dateStyle: "full", timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const isThisYear = (at: number, now: number) => new Date(at).getFullYear() === new Date(now).getFullYear();

  return {
    time: (at) => time.format(at),
    listTime(at, now) {
      const days = dayNumber(now) - dayNumber(at);
      if (days <= 0) return time.format(at);
      if (days < 7) return weekday.format(at);
      return (isThisYear(at, now) ? date : dateWithYear).format(at);
    },
    day(at, now) {
      const days = dayNumber(now) - dayNumber(at);
      if (days === 0 || days === 1) return capitalised(relative.format(-days, "day"), language);
      return capitalised((isThisYear(at, now) ? longDay : longDayWithYear).format(at), language);
    },
    full: (at) => full.format(at),
    date: (at) => dateWithYear.format(at),
    bytes: (count) => formatBytes(count, language),
  };
}

/** Days since the epoch in the person's own time zone. */
export function dayNumber(at: number): number {
  return Math.floor((at - new Date(at).getTimezoneOffset() * 60_000) / dayMs);
}

function capitalised(text: string, language: string): string {
  return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
}

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

function formatBytes(count: number, language: string): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1000 ** power;
  const unit = units[power] ?? "byte";
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}
