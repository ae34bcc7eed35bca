// The currencies that a desk can have: amounts are kept in hundredths, so those with two minor digits in ISO 4217.
import * as currencies from 'dinero.js/currencies'

/** The ISO 4217 code of such a currency, in upper case; `undefined` for any other text. */
export function currencyOf(text: string): string | undefined {
  const code = text.toUpperCase()
  return minorDigits(code) === 2 ? code : undefined
}

/** Why a text is no currency that a desk can have, as a sentence. */
export function whyNoCurrency(text: string): string {
  const code = text.toUpperCase()
  const digits = minorDigits(code)
  if (digits === undefined) return `ISO 4217 has no currency ${JSON.stringify(text)} with minor digits.`
  const name = new Intl.DisplayNames('en', { type: 'currency' }).of(code)
  return `${code} (${name}) has ${digits === 0 ? 'no' : digits} minor digits.`
}

/**
 * Intl.NumberFormat cannot say: it has the digits that are in daily use, of HUF none, where ISO 4217 has two. The two currencies that are
 * counted in fifths (MGA, MRU) have two in ISO 4217 as well.
 */
function minorDigits(code: string): number | undefined {
  const currency = Object.values(currencies).find((known) => known.code === code)
  if (!currency) return undefined
  return currency.base === 10 ? currency.exponent : 2
}
