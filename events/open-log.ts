// The event stores with the events of the shop.
import type { EventStoreDBOptions } from '../kernel/store/eventstoredb/eventstoredb-event-store.ts'
import { openLogOf as openKernelLogOf } from '../kernel/store/sqlite/log-beginning.ts'
import { copyLog as copyKernelLog, type LogCopy } from '../kernel/store/sqlite/log-copy.ts'
import {
  openSqliteEventStore as openKernelStore,
  type SqliteEventStoreOptions,
} from '../kernel/store/sqlite/sqlite-event-store.ts'
import { catalogue, type EventStore } from './catalogue.ts'

/** The log in a file. See the function of the kernel. */
export function openSqliteEventStore(options: Omit<SqliteEventStoreOptions, 'catalogue'>): Promise<EventStore> {
  return openKernelStore({ ...options, catalogue })
}

/** The log in a file, begun where there is none. See the function of the kernel. */
export function openLogOf(file: string, mayBegin: () => Promise<void>): Promise<EventStore> {
  return openKernelLogOf(catalogue, file, mayBegin)
}

/** Copies a log into a file that is not there yet. See the function of the kernel. */
export function copyLog(from: string, to: string): Promise<LogCopy> {
  return copyKernelLog(catalogue, from, to)
}

/** The log on an EventStoreDB server. The client of the server is loaded only here: it is large. */
export async function openEventStoreDB(options: Omit<EventStoreDBOptions, 'catalogue'>): Promise<EventStore> {
  const { openEventStoreDB: open } = await import('../kernel/store/eventstoredb/eventstoredb-event-store.ts')
  return open({ ...options, catalogue })
}
