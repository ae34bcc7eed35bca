// A desk that is killed again and again while orders are placed and cancelled keeps everything that it promised.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rounds } from '../kernel/rounds.given.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { inspect } from './folded.ts'
import { heldAtEnd, overdrafts } from './invariants.ts'
import { orderLoad, recordedTwice } from './order-load.ts'
import { clear, placeOf } from './place.ts'

const KILLS = rounds(10)
const CLIENTS = 24

let directory: string
let desk: DeskProcess

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-kill-'))
  desk = await startDeskProcess(directory)
})

afterAll(async () => {
  await desk.end('SIGKILL')
  await clear(placeOf(directory))
  await rm(directory, { recursive: true, force: true })
})

const promise = 'nothing acknowledged is lost, every order is decided, and the views equal a fold of the log'

test(promise, { timeout: rounds(600_000) }, async () => {
  const load = await orderLoad(() => desk.url)
  for (let kill = 0; kill < KILLS; kill++) {
    const stop = load.run(CLIENTS)
    await load.more(150)
    await desk.end('SIGKILL')
    desk = await startDeskProcess(directory)
    await stop()
  }
  await load.settled()
  expect(await desk.end('SIGTERM')).toBe(0)

  const after = await inspect(directory)
  expect(load.lost(after.events)).toEqual([])
  expect(recordedTwice(after.events)).toEqual([])
  expect(after.stored).toEqual(after.folded)
  expect(overdrafts(after.events)).toEqual([])
  expect(heldAtEnd(after.events)).toEqual([])
})
