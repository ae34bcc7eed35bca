// Parked orders as an operator sees them: over GraphQL and on the command line, on a desk with a customer whom nobody can read.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import { openEventStore } from '../server/desk/stores.ts'
import { openLog } from '../server/process/log.ts'
import { ask } from './client.ts'
import { accepted } from './mutate.ts'
import { clear, type Place, placeOf } from './place.ts'
import { untilReady } from './readiness.ts'

let dataDirectory: string
let place: Place
let desk: Desk

/** Orders that can be placed are placed long before the time is over, also on a machine that has other things to do. */
async function start(): Promise<Desk> {
  const listening = { host: '127.0.0.1', port: 0, logLevel: 'silent' } as const
  const started = await startDesk({ ...place.settings, ...listening, placementTimeoutMs: 3_000 })
  await untilReady(started.url)
  return started
}

/** A reservation is tried eight times, and so is its release. */
const PARKED_WITHIN = { timeout: 50_000 }

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-parked-'))
  place = placeOf(dataDirectory)
  desk = await start()
  for (const customerId of ['cus_good', 'cus_bad']) {
    await accepted(desk.url, 'registerCustomer', { customerId, name: 'Ada', creditLimit: '100.00' })
  }
  await accepted(desk.url, 'addProduct', { productId: 'prd_1', name: 'Lamp', price: '1.00', stock: 100 })
  await desk.close()

  const store = await openEventStore(place.stores, openLog('warn'))
  const unreadable = { type: 'CreditBewitched', data: {}, id: randomUUID(), metadata: { schemaVersion: 1 } } as never
  await store.append('customer-cus_bad', [unreadable], 0)
  await store.close()

  desk = await start()
  await placeOrder('ord_bad', 'cus_bad')
  await placeOrder('ord_good', 'cus_good')
}, 60_000)

afterAll(async () => {
  await desk.close()
  await clear(place)
  await rm(dataDirectory, { recursive: true, force: true })
}, 60_000)

test('an order that cannot be placed in time is rejected; a reservation that cannot be released is a state that is shown', async () => {
  await expect
    .poll(() => orderOf('ord_bad'), PARKED_WITHIN)
    .toEqual({
      status: 'REJECTED',
      rejectionReason: 'TIMED_OUT',
      placement: {
        state: 'COMPENSATION_FAILED',
        parkedSince: expect.stringMatching(/Z$/),
        steps: {
          nodes: [
            { name: 'credit', state: 'FAILED', detail: expect.stringContaining('CreditBewitched') },
            { name: 'stock prd_1', state: 'COMPENSATED', detail: null },
          ],
        },
      },
    })
}, 60_000)

test('the others go on, and the desk is ready; health and metrics count the parked ones', async () => {
  await expect.poll(async () => (await orderOf('ord_good')).status).toBe('APPROVED')
  const health = async () => {
    const response = await fetch(`${desk.url}/health/ready`)
    return { status: response.status, body: await response.json() }
  }
  const sagas = { ok: true, detail: '0 at work, 1 parked', figures: { atWork: 0, inTrouble: 0, parked: 1 } }
  await expect.poll(health).toMatchObject({ status: 200, body: { parts: { sagas } } })
  expect(await metrics()).toMatch(/^creditline_sagas_parked 1$/m)
})

const listed = {
  id: 'placement-ord_bad',
  process: 'placement',
  orderId: 'ord_bad',
  order: { status: 'REJECTED' },
  status: 'PARKED',
  reason: 'COMPENSATION_FAILED',
  steps: ['credit'],
  error: expect.stringContaining('customer-cus_bad cannot be folded at its event 2'),
  tries: 8,
  timesParked: 1,
}

test('an operator lists it with its error and its events, also after a restart', async () => {
  expect(await parked()).toMatchObject([listed])
  await desk.close()
  desk = await start()
  const [only] = await parked()
  expect(only).toMatchObject(listed)
  expect(only?.events.nodes.map(({ type }) => type)).toEqual([
    'OrderPlaced',
    'StockReserved',
    'OrderRejected',
    'StockReleased',
    'SagaParked',
  ])
})

test('tried again, it is parked again, since nothing was mended; the retry is one command however often it is sent', async () => {
  const input = { commandId: 'try-again', id: 'placement-ord_bad' }
  expect(await operate('retryParked', input)).toMatchObject({
    parked: { id: 'placement-ord_bad' },
    receipt: { duplicate: false },
    userErrors: [],
  })
  await expect.poll(metrics).toMatch(/^creditline_sagas_parked 0$/m)
  await expect.poll(parked, PARKED_WITHIN).toMatchObject([{ ...listed, timesParked: 2 }])
  expect(await operate('retryParked', input)).toMatchObject({ receipt: { duplicate: true } })
  expect(await parked()).toMatchObject([{ timesParked: 2 }])
}, 60_000)

test('what is not parked can neither be tried again nor be given up', async () => {
  for (const mutation of ['retryParked', 'discardParked'] as const) {
    for (const id of ['placement-ord_good', 'nothing-ord_bad']) {
      expect(await operate(mutation, { id })).toEqual({
        parked: null,
        receipt: null,
        userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }],
      })
    }
    expect(await operate(mutation, { id: 'ord_bad' })).toMatchObject({ userErrors: [{ code: 'INVALID_INPUT' }] })
  }
})

test('the command line lists it, and gives it up', async () => {
  const list = await creditline('list')
  expect(list.stdout).toMatch(
    /^placement-ord_bad\n {2}parked at .* after 8 tries, .*\n {2}COMPENSATION_FAILED \(credit\): /,
  )
  expect(list.stdout).toMatch(/OrderPlaced .*\n(.*\n)*1 parked\.\n$/)
  expect(JSON.parse((await creditline('list', '--json')).stdout)).toMatchObject({ id: 'placement-ord_bad' })

  expect((await creditline('discard', 'ord_bad')).stdout).toBe('placement-ord_bad is discarded.\n')
  await expect(creditline('retry', 'ord_bad')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ord_bad is not parked'),
  })
  await expect(creditline('mend')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('"mend"') })
  expect((await creditline('list')).stdout).toBe('No order is parked.\n')
  // It starts six processes.
}, 120_000)

test('given up, it is counted no more, and its failure stays to be seen', async () => {
  expect(await parked()).toEqual([])
  await expect.poll(metrics).toMatch(/^creditline_sagas_parked 0$/m)
  expect(await orderOf('ord_bad')).toMatchObject({ placement: { state: 'COMPENSATION_FAILED', parkedSince: null } })
})

function placeOrder(orderId: string, customerId: string) {
  return accepted(desk.url, 'placeOrder', {
    orderId,
    customerId,
    content: { lines: [{ productId: 'prd_1', quantity: 2 }] },
  })
}

async function orderOf(orderId: string): Promise<{ status: string }> {
  const { order } = await ask<{ order: { status: string } }>(
    desk.url,
    `query ($orderId: ID!) {
      order(id: $orderId) {
        status rejectionReason placement { state parkedSince steps { nodes { name state detail } } }
      }
    }`,
    { orderId },
  )
  return order
}

async function parked(): Promise<{ events: { nodes: { type: string }[] } }[]> {
  const answer = await ask<{ parked: { nodes: { events: { nodes: { type: string }[] } }[] } }>(
    desk.url,
    `{
      parked {
        nodes {
          id process orderId order { status } status reason steps error tries timesParked
          events { nodes { type } }
        }
      }
    }`,
  )
  return answer.parked.nodes
}

async function metrics(): Promise<string> {
  return (await fetch(`${desk.url}/metrics`)).text()
}

async function operate(mutation: 'retryParked' | 'discardParked', input: Record<string, string>): Promise<object> {
  const type = mutation === 'retryParked' ? 'RetryParkedInput' : 'DiscardParkedInput'
  const document = `mutation ($input: ${type}!) {
    answer: ${mutation}(input: $input) { parked { id } receipt { duplicate } userErrors { code path } }
  }`
  return (await ask<{ answer: object }>(desk.url, document, { input })).answer
}

function creditline(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const program = ['server/creditline.mjs', 'parked', ...args, '--url', desk.url]
  return promisify(execFile)(process.execPath, program)
}
