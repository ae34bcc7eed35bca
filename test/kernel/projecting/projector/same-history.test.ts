// Views and a log that was put back from a backup: told apart by the events, not by the numbers alone.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EventStore, NewEvent } from '../../../../events/catalogue.ts'
import { catalogue } from '../../../../events/catalogue.ts'
import { openSqliteEventStore } from '../../../../events/open-log.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import { startProjector } from '../../../../kernel/projecting/projector/projector.ts'
import { differenceOfHistory } from '../../../../kernel/projecting/projector/same-history.ts'
import { openSqliteViewStore } from '../../../../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import type { ViewStore } from '../../../../kernel/projecting/store/view-store.ts'
import { NO_EVENTS, type StreamName } from '../../../../kernel/store/event-store.ts'
import { eventStoreOn } from '../../../../kernel/store/eventstoredb/eventstoredb-event-store.ts'
import { namesIn } from '../../../../kernel/store/eventstoredb/names.ts'
import { scriptedServer } from '../../../../kernel/store/eventstoredb/scripted-server.given.ts'
import type { Position } from '../../../../kernel/store/position.ts'
import { projections, viewSet } from '../../../../query/views/index.ts'

const stores: [string, () => Promise<() => Promise<EventStore>>][] = [
  [
    'the embedded log',
    async () => {
      const at = await directory()
      let logs = 0
      return () => openSqliteEventStore({ file: join(at, `events-${logs++}.db`) })
    },
  ],
  [
    'EventStoreDB',
    async () => async () => eventStoreOn(scriptedServer().shared, { catalogue, names: namesIn('desk') }),
  ],
]

for (const [name, make] of stores) {
  /** Two logs that begin alike, and views that have folded the first. */
  const given = async (common: NewEvent[], inViews: Step[], inLog: Step[]) => {
    const openLog = await make()
    const [before, restored] = [await openLog(), await openLog()]
    for (const store of [before, restored]) {
      onTestFinished(() => store.close())
      await write(
        store,
        common.map((event) => ['customer-cus_1', event]),
      )
    }
    await write(before, inViews)
    await write(restored, inLog)
    const views = await openSqliteViewStore({
      file: join(await directory(), 'views.db'),
      logId: 'log0log0log0',
      ...viewSet,
    })
    onTestFinished(() => views.close())
    await fold(before, views)
    return { views, before, restored }
  }
  const renewals = (count: number): Step[] => Array.from({ length: count }, () => ['lease-sagas', renewed()])

  test(`the history of views is that of their own log on ${name}, also after leases and further orders`, async () => {
    const { views, before } = await given(named(3), renewals(5), [])
    expect(await differenceOfHistory(views, before)).toBeUndefined()
    await write(before, [...renewals(3), ...steps(2)])
    expect(await differenceOfHistory(views, before)).toBeUndefined()
  })

  test(`views of nothing fit every log on ${name}`, async () => {
    const { restored } = await given(named(3), [], [])
    const empty = await openSqliteViewStore({
      file: join(await directory(), 'v.db'),
      logId: 'log0log0log0',
      ...viewSet,
    })
    onTestFinished(() => empty.close())
    expect(await differenceOfHistory(empty, restored)).toBeUndefined()
  })

  test(`a log with fewer events than the views have folded differs on ${name}`, async () => {
    const { views, restored } = await given(named(3), steps(2), [])
    const { event } = await views.lastFolded()
    expect(await differenceOfHistory(views, restored)).toBe(
      `they end with the event ${event?.id}, revision 1 of order-ord_1 at position ${event?.position}, and the log, which ends at position ${await restored.end()}, does not have that event`,
    )
  })

  test(`a log that has gone on in another way differs on ${name}, however long it is`, async () => {
    for (const further of [steps(2), steps(5), [...renewals(9), ...steps(1)], renewals(20)]) {
      const { views, restored } = await given(named(3), steps(2), further)
      expect(await differenceOfHistory(views, restored)).toContain('does not have that event')
    }
  })

  test(`a log that only lost leases differs on ${name} as long as the views are beyond its end`, async () => {
    const { views, restored } = await given(named(3), renewals(5), [])
    expect(await differenceOfHistory(views, restored)).toMatch(
      /folded up to position \d+, and the log ends at position \d+/,
    )
  })

  test(`a log in which an order stands where the views saw leases differs on ${name}`, async () => {
    const { views, restored } = await given(named(3), renewals(5), [...steps(1), ...renewals(9)])
    expect(await differenceOfHistory(views, restored)).toMatch(/without the event .* revision 0 of order-ord_1/)
  })
}

type Step = [StreamName, NewEvent]

async function write(store: EventStore, steps: readonly Step[]): Promise<void> {
  for (const [stream, event] of steps) {
    let revision = NO_EVENTS
    for await (const [newest] of store.readBackwards(stream, { limit: 1 })) revision = newest?.revision ?? NO_EVENTS
    await store.append(stream, [event], revision)
  }
}

async function fold(store: EventStore, views: ViewStore): Promise<void> {
  const quiet = { info() {}, warn() {}, error() {} }
  let reached: Position = 0
  const projector = startProjector({ store, views, projections, onFolded: (to) => (reached = to), log: quiet })
  const head = await projector.caughtUp()
  await projector.stop()
  expect(reached).toBe(head)
}

function steps(count: number): Step[] {
  return Array.from({ length: count }, () => ['order-ord_1', changed()])
}

function named(count: number): NewEvent[] {
  return Array.from({ length: count }, changed)
}

const metadata = { schemaVersion: SCHEMA_VERSION }

function changed(): NewEvent {
  const data = { customerId: 'cus_1', creditLimit: 1, previousLimit: 1 }
  return { type: 'CreditLimitChanged', data, id: randomUUID(), metadata } as unknown as NewEvent
}

function renewed(): NewEvent {
  return { type: 'LeaseRenewed', data: { lease: 'sagas', holder: 'a', shares: [0] }, id: randomUUID(), metadata }
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-history-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
