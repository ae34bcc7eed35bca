// The dates of invoices, as spreadsheets and databases write them, as instants.

/** Reads the dates of one file. */
export interface Dates {
  /** Takes note of a date: those of the whole file tell whether the day or the month comes first. */
  note(text: string): void
  /** RFC 3339, UTC, milliseconds; `undefined` for text that is no date. */
  read(text: string): string | undefined
}

const TIME = String.raw`(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:\s*([ap])\.?m\.?)?`
/** `2009-12-01 07:45:00`, also with T, an offset, or slashes. */
const YEAR_FIRST = new RegExp(
  String.raw`^(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?:[T\s]\s*${TIME})?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?$`,
  'i',
)
/** `01/12/2010 08:26`, `12/1/10 8:26 AM`, `1.12.2010`. */
const YEAR_LAST = new RegExp(String.raw`^(\d\d?)([/.-])(\d\d?)\2(\d{4}|\d\d)(?:,?\s+${TIME})?$`, 'i')
/** As Excel counts: days, and parts of a day, since the end of 1899. */
const SERIAL = /^\d{5}(?:[.,]\d+)?$/
const SERIAL_EPOCH = Date.UTC(1899, 11, 30)

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * Dates whose year comes last begin with the day, unless the file has one whose second number can only be a day, and none whose first can:
 * then all of them begin with the month. With points between them, the day comes first.
 * @param timeZone of all dates that have no offset of their own, such as `Europe/London`
 */
export function datesIn(timeZone: string): Dates {
  const offsetAt = offsetsOf(timeZone)
  let [dayFirst, monthFirst] = [false, false]

  return {
    note(text) {
      const [, first, , second] = YEAR_LAST.exec(text.trim()) ?? []
      dayFirst ||= Number(first) > 12
      monthFirst ||= Number(second) > 12
    },
    read(text) {
      const date = text.trim()
      const local = yearFirst(date) ?? yearLast(date, monthFirst && !dayFirst) ?? serial(date)
      if (!local) return undefined
      const instant = local.at - (local.offset ?? offsetAt(local.at))
      const utc = Number.isNaN(instant) ? '' : new Date(instant).toISOString()
      return /^\d{4}-/.test(utc) ? utc : undefined
    },
  }
}

/** Whether there are dates in this time zone. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined
  } catch {
    return false
  }
}

/** `at` is in milliseconds, as if the clock on the wall showed UTC; NaN where the calendar or the clock has no such time. */
interface Local {
  at: number
  offset?: number
}

function yearFirst(text: string): Local | undefined {
  const match = YEAR_FIRST.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction, half, utc, sign, hours, minutes] = match
  const at = wallClock([year, month, day], [hour, minute, second, fraction, half])
  if (utc !== undefined) return { at, offset: 0 }
  if (sign === undefined) return { at }
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE
  return { at, offset: sign === '-' ? -offset : offset }
}

function yearLast(text: string, monthComesFirst: boolean): Local | undefined {
  const match = YEAR_LAST.exec(text)
  if (!match) return undefined
  const [, first, separator, second, short = '', ...time] = match
  // As Excel reads two digits.
  const year = short.length === 4 ? short : String(Number(short) + (Number(short) < 30 ? 2000 : 1900))
  const [month, day] = monthComesFirst && separator !== '.' ? [first, second] : [second, first]
  return { at: wallClock([year, month, day], time) }
}

function serial(text: string): Local | undefined {
  if (!SERIAL.test(text)) return undefined
  const seconds = Math.round((Number(text.replace(',', '.')) * DAY) / 1000)
  return { at: SERIAL_EPOCH + seconds * 1000 }
}

type Parts = readonly (string | undefined)[]

function wallClock(date: Parts, [hourText = '0', minute = '0', second = '0', fraction = '', half]: Parts): number {
  const [year = 0, month = 0, day = 0] = date.map(Number)
  const hour = half === undefined ? Number(hourText) : (Number(hourText) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  const isTime =
    hour < 24 && Number(minute) < 60 && Number(second) < 60 && (half === undefined || Number(hourText) <= 12)
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  // 30 February would become 2 March.
  const isDate = at.getUTCMonth() === month - 1 && at.getUTCDate() === day
  if (!isTime || !isDate) return Number.NaN
  return at.setUTCHours(hour, Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')))
}

/** By how much the clocks of a zone are ahead of UTC when they show a time; where they are put back, the earlier one. */
function offsetsOf(timeZone: string): (local: number) => number {
  if (timeZone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetOf = (instant: number) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
    const [year, month, day, hour, minute, second] = (
      ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    ).map((type) => parts.get(type) ?? 0)
    const shown = new Date(0)
    shown.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day)
    return shown.setUTCHours(hour ?? 0, minute, second) - Math.floor(instant / 1000) * 1000
  }
  return (local) => {
    if (Number.isNaN(local)) return 0
    const earlier = offsetOf(local - DAY)
    return offsetOf(local - earlier) === earlier ? earlier : offsetOf(local - offsetOf(local + DAY))
  }
}
