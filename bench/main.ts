// `npm run bench`: what the desk costs, measured in one run on one machine, so that the ratios can be trusted where the numbers cannot.
import '../server/process/production.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { refuseArguments } from './arguments.ts'
import { costOfCoordination } from './coordination.ts'
import { fsyncCost } from './fsync.ts'
import { hotCustomer } from './hot-customer.ts'
import { longStream } from './long-stream.ts'
import { ordersOverHttp } from './orders-over-http.ts'
import { ordersThroughThePath } from './orders-through-the-path.ts'
import { rawAppends } from './raw-appends.ts'

refuseArguments('bench', 'Measures the cost of the desk in one process. docs/bench.md explains the figures.')

/** On the disk of the project: a temporary directory may be memory, where an fsync costs nothing. */
const directory = await mkdtemp(resolve('.bench-'))
try {
  const sync = await fsyncCost(join(directory, 'fsync'))
  print('fsync', `${Math.round(sync * 1e6)} µs`)

  const raw = await rawAppends(join(directory, 'raw.db'))
  print('raw appends', `${perSecond(raw)} events/s`, 'group commit, 256 writers, one event each')

  const path = await ordersThroughThePath(join(directory, 'path'))
  print('orders, no GraphQL', `${perSecond(path.orders)} orders/s`, 'commands, saga and projector; 256 clients')
  print('', `${perSecond(path.events)} events/s`, `${(path.events / path.orders).toFixed(1)} events for each order`)
  print('', `${ratio(path.events, raw)} of raw`, 'aim: 0.5 or more')

  const danced = await ordersThroughThePath(join(directory, 'danced'), 'choreography')
  print(
    'by choreography',
    `${perSecond(danced.orders)} orders/s`,
    `${(danced.events / danced.orders).toFixed(1)} events for each order`,
  )
  print('', `${ratio(danced.orders, path.orders)} of the saga's`)
  for (const { what, by } of await costOfCoordination(join(directory, 'coordination'))) {
    for (const [name, { appends, events, bytes }] of Object.entries(by)) {
      print(name, `${appends} appends`, `${events} events, ${(bytes / 1024).toFixed(1)} KiB: ${what}`)
    }
  }

  const http = await ordersOverHttp(join(directory, 'http'))
  print('orders, GraphQL', `${perSecond(http.orders)} orders/s`, 'placeOrder over HTTP until decided; 64 clients')
  print(
    '',
    `${ratio(http.orders, path.orders)} of without`,
    `placeOrder answers after ${ms(http.p50)} (p50), ${ms(http.p99)} (p99)`,
  )

  const hot = await hotCustomer(join(directory, 'hot'))
  print('hot customer', `${ms(hot.seconds)}`, '200 orders of one customer at once, until all are decided')
  print('', `${hot.appends} appends`, `to the customer's stream, ${hot.conflicts} conflicts`)

  const long = await longStream(join(directory, 'long.db'))
  print(
    'old customer',
    ms(long.whole),
    '100,000 settled reservations: the first command after a start, without a snapshot',
  )
  print('', ms(long.fromSnapshot), 'with one')
} finally {
  await rm(directory, { recursive: true, force: true })
}

function print(what: string, figure: string, how = ''): void {
  console.log(`${what.padEnd(20)} ${figure.padStart(18)}   ${how}`)
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString('en')
}

function ratio(part: number, whole: number): string {
  return (part / whole).toFixed(2)
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`
}
