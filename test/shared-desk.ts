// A desk on a temporary data directory, for all tests of a file.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import type { Settings } from '../server/settings/settings.ts'
import { clear, placeOf } from './place.ts'
import { untilReady } from './readiness.ts'

export interface SharedDesk {
  /** Where it listens, or listened last: another port after each start. */
  url(): string
  stop(): Promise<void>
  /** Starts a desk on the same data directory, after the one before has stopped; it is ready then. */
  start(settings?: Pick<Settings, 'coordination'>): Promise<void>
}

/** To be called outside of tests: the desk starts before the first one and goes away, with its data, after the last one. */
export function sharedDesk(settings: Pick<Settings, 'coordination'> = {}): SharedDesk {
  let dataDirectory: string
  let desk: Desk | undefined
  let url = ''

  const shared: SharedDesk = {
    url: () => url,
    async stop() {
      const stopping = desk
      desk = undefined
      await stopping?.close()
    },
    async start(now = settings) {
      await shared.stop()
      const listening = { host: '127.0.0.1', port: 0, logLevel: 'silent' } as const
      desk = await startDesk({ ...placeOf(dataDirectory).settings, ...listening, ...now })
      url = desk.url
      await untilReady(url)
    },
  }

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-test-'))
    await shared.start()
  }, 60_000)
  afterAll(async () => {
    await shared.stop()
    await clear(placeOf(dataDirectory))
    await rm(dataDirectory, { recursive: true, force: true })
  }, 60_000)
  return shared
}
