// A desk has one currency from its first start on, which clients can query.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import type { Settings } from '../server/settings/settings.ts'
import { ask } from './client.ts'
import { clear, placeOf } from './place.ts'
import { untilReady } from './readiness.ts'

let dataDirectory: string
let desk: Desk | undefined
beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-currency-'))
})
afterEach(async () => {
  await desk?.close()
  desk = undefined
  await clear(placeOf(dataDirectory))
  await rm(dataDirectory, { recursive: true, force: true })
})

async function start(currency?: string): Promise<string> {
  await desk?.close()
  desk = undefined
  const settings: Settings = {
    ...placeOf(dataDirectory).settings,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    currency,
  }
  desk = await startDesk(settings)
  await untilReady(desk.url)
  return desk.url
}

const currencyAt = async (url: string) =>
  (await ask<{ desk: { currency: string } }>(url, '{ desk { currency } }', {})).desk.currency

test('a desk keeps the currency of its first start, also where nobody names it any more', async () => {
  expect(await currencyAt(await start('GBP'))).toBe('GBP')
  expect(await currencyAt(await start())).toBe('GBP')
  expect(await currencyAt(await start('GBP'))).toBe('GBP')
})

test('a desk that was first started without a currency is in EUR', async () => {
  expect(await currencyAt(await start())).toBe('EUR')
  expect(await currencyAt(await start('EUR'))).toBe('EUR')
})

test('a start with another currency is refused, says which log is in which, and leaves the desk as it was', async () => {
  await start('GBP')
  await expect(start('EUR')).rejects.toThrow(
    /^CURRENCY is EUR, but the log .* has amounts in GBP, and its currency never changes\. Set CURRENCY to GBP, or omit it\. For a desk in EUR, set another (DATA_DIR|NAMESPACE)\.$/,
  )
  expect(await currencyAt(await start())).toBe('GBP')
})
