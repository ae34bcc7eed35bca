// Everything that is parked: as the log states it, and as an operator sees and treats it.
import type { RecordedEvent } from '../events/catalogue.ts'
import { parked } from '../query/views/parked.ts'
import type { Gateway } from './desk.ts'
import type { Node } from './node.ts'
import { type Asked, asked } from './plan/plan.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The orders of which something is parked, or given up, by the id under which an operator finds it. */
export function waitingForOperator(events: readonly RecordedEvent[]): {
  parked: Map<string, string>
  givenUp: Set<string>
} {
  const parked = new Map<string, string>()
  const givenUp = new Set<string>()
  for (const { type, data } of events) {
    switch (type) {
      case 'SagaParked':
        parked.set(`${data.saga}-${data.id}`, data.orderId)
        break
      case 'SagaRetried':
        parked.delete(`${data.saga}-${data.id}`)
        break
      case 'SagaDiscarded':
        parked.delete(`${data.saga}-${data.id}`)
        givenUp.add(data.orderId)
        break
    }
  }
  return { parked, givenUp }
}

/**
 * The work that sagas and policies did for an order after an operator had given it up.
 * @param rest how many events there were when everybody had come to rest: before that, a second runner may not have heard of it, and a command be under way
 */
export function doneAfterGivingUp(events: readonly RecordedEvent[], rest: number): string[] {
  const givenUp = new Set<string>()
  return events.flatMap((event, index) => {
    const { type, data, position } = event
    if (type === 'SagaDiscarded') givenUp.add(`${data.saga}-${data.id}`)
    const by = workOf(event)
    return index >= rest && by !== undefined && givenUp.has(by)
      ? [`${by} was given up, and ${type} at ${position} is its work`]
      : []
  })
}

/** By whom an event was recorded, if it was a saga, or the policies for an order: their commands begin with a name and `~`. */
function workOf({ stream, data, metadata: { commandId = '' } }: RecordedEvent): string | undefined {
  if (/^(placement|revision)-/.test(stream)) return stream
  const [, by] = /^~([^/]+)\//.exec(commandId) ?? []
  return by === 'choreography' && 'orderId' in data ? `${by}-${data.orderId}` : by
}

/** The mutations of an operator for everything that the views show as parked; none when the views cannot be seen. */
export async function operate(
  mutation: 'retryParked' | 'discardParked',
  gateway: Node<Gateway>,
  time: VirtualTime,
): Promise<Asked[]> {
  const running = gateway.running()
  if (!running) return []
  const { views } = running.service.reads
  try {
    const { items } = await views.page(parked, {
      filter: [{ field: 'status', oneOf: ['PARKED'] }],
      orderBy: { field: 'parkedAt', direction: 'ASC' },
      first: 100,
    })
    return items.map(({ item: { id } }) => asked(mutation, { commandId: `${mutation} ${id} at ${time.now()}`, id }))
  } catch {
    return []
  }
}
