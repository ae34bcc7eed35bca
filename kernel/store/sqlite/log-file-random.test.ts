// Random files of logs: every state that a desk leaves opens again with all its events, and no mixed or partial copy
// opens.
import { cpSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'vitest'
import { rounds } from '../../rounds.given.ts'
import { openDatabase } from '../../sqlite/database.ts'
import { sizeOfWal } from '../../sqlite/files.ts'
import { all, named } from '../event-store.contract.ts'
import { type EventStore, NO_EVENTS } from '../event-store.ts'
import { sample } from '../sample.given.ts'
import { openLogOf } from './log-beginning.ts'
import { begun, bytesOf, copiedAlone, directory, joined, killed, opened } from './log-file.given.ts'

const ACTS = [
  'open',
  'join',
  'append',
  'append',
  'append',
  'close',
  'kill',
  'checkpoint',
  'copy',
  'vacuum',
  'try a copy',
  'try beside the write-ahead log',
] as const

test('every state that a desk leaves opens again with all events, and every mixed or partial copy is refused unchanged', async () => {
  const acts = fc.array(fc.tuple(fc.constantFrom(...ACTS), fc.nat(99)), { minLength: 10, maxLength: 25, size: 'max' })
  await fc.assert(fc.asyncProperty(acts, play), { numRuns: rounds(3) })
})

interface Copy {
  file: string
  events: number
  isWhole: boolean
}

async function play(acts: readonly (readonly [(typeof ACTS)[number], number])[]): Promise<void> {
  let file = `${await directory()}/events.db`
  let stores = [await opened(file)]
  let events = 0
  const copies: Copy[] = []

  for (const [act, number] of acts) {
    const store = stores[number % stores.length]
    switch (act) {
      case 'open':
        stores.push(await opened(file))
        break
      case 'join':
        if (store) stores.push(await joined(file))
        break
      case 'append':
        if (!store) break
        await store.append('transfer-tra_1', named(1 + (number % 5)), events === 0 ? NO_EVENTS : events - 1)
        events += 1 + (number % 5)
        break
      case 'close':
        await store?.close()
        stores = stores.filter((other) => other !== store)
        break
      case 'kill': {
        // The next desk continues with these files, and this desk with the deleted ones that only it still has open.
        const left = await killed(file)
        await hasEvents(left, events)
        if (number % 2 === 0) break
        file = await killed(file)
        stores = [await opened(file)]
        break
      }
      case 'checkpoint':
        // An open makes one.
        if (store) await (await opened(file)).close()
        break
      case 'copy':
        copies.push({ file: await copiedAlone(file), events, isWhole: !sizeOfWal(file) })
        break
      case 'vacuum':
        copies.push({ file: await vacuumed(file), events, isWhole: true })
        break
      case 'try a copy': {
        const copy = copies[number % copies.length]
        if (copy?.isWhole) await hasEvents(await copiedAlone(copy.file), copy.events)
        else if (copy) await isRefused(await copiedAlone(copy.file))
        break
      }
      case 'try beside the write-ahead log': {
        const copy = copies[number % copies.length]
        const isOwn = copy && readFileSync(copy.file).equals(readFileSync(file))
        if (!copy || isOwn || !sizeOfWal(file)) break
        const mixed = await killed(file)
        cpSync(copy.file, mixed)
        await isRefused(mixed)
      }
    }
  }
  await hasEvents(await killed(file), events)
  for (const store of stores) await store.close()
  await hasEvents(await killed(file), events)
}

async function hasEvents(file: string, expected: number): Promise<void> {
  const store = await openLogOf(sample, file, begun)
  try {
    const found = await all(store.read('transfer-tra_1', { limit: 9_999 }))
    if (found.length !== expected) throw new Error(`There are ${found.length} events, not ${expected}.`)
  } finally {
    await store.close()
  }
}

async function isRefused(file: string): Promise<void> {
  const before = bytesOf(file)
  for (const _ of [1, 2]) {
    const store: EventStore | undefined = await openLogOf(sample, file, begun).catch(() => undefined)
    await store?.close()
    if (store) throw new Error('A copy that is mixed or partial is accepted.')
    if (String(bytesOf(file)) !== String(before)) throw new Error('A start that is refused changes the files.')
  }
}

async function vacuumed(file: string): Promise<string> {
  const to = `${await directory()}/vacuum.db`
  const database = await openDatabase(file, { synchronous: 'FULL', readonly: true })
  database.exec(`VACUUM INTO '${to}'`)
  database.close()
  return to
}
