// Money is integer cents everywhere inside; text with two fraction digits at the edges.

export type Cents = number

/** 2^53 − 1 cents: the largest amount that a JavaScript number holds exactly. */
export const MAX_CENTS: Cents = Number.MAX_SAFE_INTEGER

/**
 * Cents as a decimal string with two fraction digits: `123400` gives `"1234.00"`.
 */
export function formatMoney(cents: Cents): string {
  const digits = String(Math.abs(cents)).padStart(3, '0')
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/**
 * A decimal string with at most two fraction digits as cents; `undefined` for any other text. An amount beyond 2^53 − 1
 * cents is ±Infinity, so that the check of the field can name it in the refusal.
 */
export function parseMoney(text: string): Cents | undefined {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text)
  if (!match) return undefined
  const [, sign = '', units = '', fraction = ''] = match
  const cents = Number(units) * 100 + Number(fraction.padEnd(2, '0'))
  const exact = cents <= MAX_CENTS && units.replace(/^0+/, '').length <= 14 ? cents : Number.POSITIVE_INFINITY
  return sign && exact !== 0 ? -exact : exact
}
