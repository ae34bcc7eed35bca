// Work that a deployment does once: this process does it while it holds the lease, and stands by while another one does.
import { setTimeout as pause } from 'node:timers/promises'
import { whileStarting } from '../../kernel/failures/at-start.ts'
import { messageOf } from '../../kernel/failures/message-of.ts'
import { openLease } from '../../kernel/lease/lease.ts'
import { StoreUnavailable } from '../../kernel/store/event-store.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import type { Part, RoleHealth } from '../health/health.ts'

/** The work while it is done here. */
export interface ActiveWork {
  health(): Part | Promise<Part>
  stop(): Promise<void>
}

/** A part of the desk in this process, whether it is active or stands by. */
export interface RunningRole {
  health(): Promise<RoleHealth>
  stop(): Promise<void>
}

const START_AGAIN_AFTER_MS = 1_000

/**
 * Does the work at once when the process is alone; otherwise whenever it holds the lease of that name. A start that fails is tried
 * again as long as the lease is held.
 * @param isAble whether this process could do the work now: one that could not leaves it to a standby
 * @throws what the start throws, when alone; a store that is away is waited for, as everywhere at the start
 */
export async function activeOnce(
  { store, alone, holder, log }: Pick<Infrastructure, 'store' | 'alone' | 'holder' | 'log'>,
  name: string,
  start: () => ActiveWork | Promise<ActiveWork>,
  isAble = () => true,
): Promise<RunningRole> {
  if (alone) {
    const work = await whileStarting(async () => start(), { server: `A store of the work ${name}`, log })
    return { health: async () => ({ ...(await work.health()), active: 1 }), stop: () => work.stop() }
  }

  let work: ActiveWork | undefined
  let wanted = false
  let failure: string | undefined
  let turn: Promise<void> = Promise.resolve()
  /** Starting and stopping wait for each other: a lease may be lost while the work is still being started. */
  const inTurn = (step: () => Promise<void>) => {
    turn = turn
      .then(step)
      .catch((error: unknown) => log.error({ work: name, err: error }, 'starting or stopping failed'))
    return turn
  }

  async function begin(): Promise<void> {
    while (wanted && !work) {
      try {
        work = await start()
        failure = undefined
        log.info({ work: name }, 'active: this process holds the lease')
      } catch (error) {
        // A store that is away is no fault of the work.
        const level = error instanceof StoreUnavailable ? 'warn' : 'error'
        if (failure !== messageOf(error)) log[level]({ work: name, err: error }, 'cannot start; retrying')
        failure = messageOf(error)
        await pause(START_AGAIN_AFTER_MS)
      }
    }
  }

  async function end(): Promise<void> {
    const ending = work
    work = undefined
    await ending?.stop()
    if (ending) log.info({ work: name }, 'standing by: this process no longer holds the lease')
  }

  const lease = await openLease({
    store,
    name,
    shares: 1,
    holder,
    onTaken() {
      wanted = true
      void inTurn(begin)
    },
    onLost() {
      wanted = false
      return inTurn(end)
    },
    isAble,
    log,
  })
  return {
    async health() {
      if (work && lease.holds(0)) return { ...(await work.health()), active: 1 }
      if (wanted && !work) return { ok: false, detail: failure ?? 'is starting', active: 0 }
      return { ...lease.health(), active: 0 }
    },
    stop: () => lease.release(),
  }
}
