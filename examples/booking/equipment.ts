// A piece of equipment is reserved for one booking a day.
import type { Decider } from '../../kernel/index.ts'
import type { EquipmentEvent } from './catalogue.ts'

export type EquipmentCommand =
  | { type: 'ReserveEquipment'; equipmentId: string; bookingId: string; day: string }
  | { type: 'ReleaseEquipment'; equipmentId: string; bookingId: string }

interface Equipment {
  /** The day of each booking. */
  reserved: Map<string, string>
  /** A release may come before its reservation, which is then refused. */
  released: Set<string>
}

export const equipment: Decider<{ command: EquipmentCommand; state: Equipment; event: EquipmentEvent }> = {
  initialState: () => ({ reserved: new Map(), released: new Set() }),

  decide(command, { reserved, released }) {
    const { equipmentId, bookingId } = command
    if (command.type === 'ReleaseEquipment') {
      return released.has(bookingId) ? [] : [{ type: 'EquipmentReleased', data: { equipmentId, bookingId } }]
    }
    const { day } = command
    if (reserved.has(bookingId)) return []
    const reason = released.has(bookingId)
      ? 'ALREADY_RELEASED'
      : [...reserved.values()].includes(day)
        ? 'TAKEN'
        : undefined
    return reason
      ? [{ type: 'EquipmentRefused', data: { equipmentId, bookingId, reason } }]
      : [{ type: 'EquipmentReserved', data: { equipmentId, bookingId, day } }]
  },

  evolve(state, { type, data }) {
    if (type === 'EquipmentReserved') state.reserved.set(data.bookingId, data.day)
    if (type === 'EquipmentReleased') {
      state.reserved.delete(data.bookingId)
      state.released.add(data.bookingId)
    }
    return state
  },
}
