import { expect, test } from 'vitest'
import { type DeskClient, DeskProblem } from '../client/desk-client.ts'
import { openDecisions } from './decisions.ts'
import type { OrderState } from './operations.ts'

const PATIENT = 10_000

test('every order is waited for until it is decided, also one that is not visible at first', async () => {
  const ids = Array.from({ length: 260 }, (_, n) => `ord_${n}`)
  const looks = new Map<string, number>()
  const client = answering((id) => {
    const look = looks.get(id) ?? 0
    looks.set(id, look + 1)
    if (look === 0 && id === 'ord_7') return null
    // Some are decided when they are first looked at, others the next time or the time after.
    return look < Number(id.slice(4)) % 3 ? order(id, 'PENDING') : order(id, 'APPROVED')
  })
  let decided = 0
  const orders = await decisionsOf(client, ids, PATIENT, () => {
    decided += 1
  })
  expect(orders.map(({ id }) => id).sort()).toEqual([...ids].sort())
  expect(orders.every(({ status }) => status === 'APPROVED')).toBe(true)
  expect(decided).toBe(260)
})

test('orders that stay pending do not keep others waiting', async () => {
  const ids = Array.from({ length: 400 }, (_, n) => `ord_${n}`)
  let others = 0
  const client = answering((id) => {
    if (Number(id.slice(4)) >= 200) return order(id, 'REJECTED')
    return order(id, others >= 200 ? 'APPROVED' : 'PENDING')
  })
  const orders = await decisionsOf(client, ids, PATIENT, () => {
    others += 1
  })
  expect(orders).toHaveLength(400)
})

test('a desk that decides nothing for too long is a problem that names orders', async () => {
  const client = answering((id) => order(id, id === 'ord_1' ? 'APPROVED' : 'PENDING'))
  const waiting = decisionsOf(client, ['ord_1', 'ord_2', 'ord_3'], 50, () => {})
  await expect(waiting).rejects.toThrow(DeskProblem)
  await expect(waiting).rejects.toThrow(
    '2 orders are not decided, and the desk has decided none for 0.05 s: ord_2, ord_3',
  )
})

test('no orders, nothing to wait for', async () => {
  expect(
    await decisionsOf(
      answering(() => null),
      [],
      PATIENT,
      () => {},
    ),
  ).toEqual([])
})

test('orders that are sent meanwhile are waited for as well, and only so many are undecided', async () => {
  const ids = Array.from({ length: 300 }, (_, n) => `ord_${n}`)
  let undecided = 0
  let most = 0
  const client = answering((id) => order(id, 'APPROVED'))
  const decisions = openDecisions(client, PATIENT, () => {
    undecided -= 1
  })
  for (const id of ids) {
    decisions.expect(id)
    undecided += 1
    most = Math.max(most, undecided)
    await decisions.atMost(9)
  }
  expect(await decisions.all()).toHaveLength(300)
  expect(most).toBe(10)
})

test('a glance finds decisions before anybody waits for them', async () => {
  let decided = 0
  const decisions = openDecisions(
    answering((id) => order(id, 'APPROVED')),
    PATIENT,
    () => {
      decided += 1
    },
  )
  decisions.expect('ord_1')
  await decisions.glance()
  expect(decided).toBe(1)
})

async function decisionsOf(client: DeskClient, ids: readonly string[], patience: number, onDecided: () => void) {
  const decisions = openDecisions(client, patience, onDecided)
  for (const id of ids) decisions.expect(id)
  return decisions.all()
}

/** A client whose desk shows each order as the test says: a real one does not hesitate on demand. */
function answering(state: (id: string) => OrderState | null): DeskClient {
  return {
    async send<Data>(_operation: string, variables: Record<string, unknown> = {}) {
      const states = new Map<unknown, OrderState | null>()
      const answer = Object.entries(variables).map(([name, id]) => {
        if (!states.has(id)) states.set(id, state(String(id)))
        return [name.replace('id', 'o'), states.get(id)]
      })
      return Object.fromEntries(answer) as Data
    },
  }
}

function order(id: string, status: OrderState['status']): OrderState {
  return { id, status, rejectionReason: null, total: '1.00' }
}
