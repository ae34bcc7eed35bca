// Commands that a handler fails at by its own fault, as it would for a bug in a decider: every sender of them is parked in the end.
import type { Command, CommandMessage } from '../command/commands.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The commands of sagas and policies. */
export const poisonable = [
  'ReserveCredit',
  'ReserveStock',
  'ReleaseCredit',
  'ReleaseStock',
  'ShipStock',
  'ApproveOrder',
  'RejectOrder',
  'AwaitReservations',
  'NoteReservation',
  'RaiseCredit',
  'LowerCredit',
  'RaiseStock',
  'LowerStock',
  'ApplyRevision',
  'RejectRevision',
] as const satisfies readonly Command['type'][]

export type Poisoned = (typeof poisonable)[number]

export interface Poison {
  /** From now on, for so many milliseconds, handlers fail at such a command for such an order. */
  begin(orderId: string, command: Poisoned, lasts: number): void
  /** The bugs are mended. */
  clear(): void
  strikes(message: CommandMessage): boolean
}

export function openPoison(time: VirtualTime): Poison {
  let open: { orderId: string; command: Poisoned; until: number }[] = []
  return {
    begin: (orderId, command, lasts) => void open.push({ orderId, command, until: time.now() + lasts }),
    clear() {
      open = []
    },
    strikes({ command: asked }) {
      return open.some(({ orderId, command, until }) => {
        return until > time.now() && asked.type === command && 'orderId' in asked && asked.orderId === orderId
      })
    },
  }
}
