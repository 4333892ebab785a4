/**
 * Dates of the proleptic Gregorian calendar as arithmetic, without the runtime's clock or zones.
 */
export interface Civil {
  readonly year: number
  /** 1–12 */
  readonly month: number
  /** 1–31 */
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
}

const nsPerSecond = 1_000_000_000n
const secondsPerDay = 86_400

/** Days since 1970-01-01 (Howard Hinnant's days_from_civil). */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** 0 is Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7
}

export function daysInMonth(year: number, month: number): number {
  return daysOf(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - daysOf(year, month, 1)
}

/** The date and time of day of an instant in a zone `offset` seconds east of UTC. */
export function civilOf(ns: bigint, offset: number): Civil {
  const nanosecond = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond
  const seconds = Number((ns - nanosecond) / nsPerSecond) + offset
  const days = Math.floor(seconds / secondsPerDay)
  const rest = seconds - days * secondsPerDay
  return {
    ...dateOf(days),
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    nanosecond: Number(nanosecond),
  }
}

/** The inverse of `daysOf`. */
function dateOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** Nanoseconds since 1970 of a date and time of day in a zone `offset` seconds east of UTC. */
export function nsOf(civil: Civil, offset: number): bigint {
  const days = daysOf(civil.year, civil.month, civil.day)
  const seconds =
    days * secondsPerDay + civil.hour * 3600 + civil.minute * 60 + civil.second - offset
  return BigInt(seconds) * nsPerSecond + BigInt(civil.nanosecond)
}
