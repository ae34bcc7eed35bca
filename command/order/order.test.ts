// The rules of an order: its total, and the commands that each state accepts.
import { describe, expect, test } from 'vitest'
import type { OrderEvent, OrderLine } from '../../events/catalogue.ts'
import { MAX_CENTS } from '../../events/money.ts'
import { given } from '../../kernel/deciding/given.ts'
import { euros } from '../euros.given.ts'
import {
  applyRevision,
  approve,
  approved,
  awaited,
  awaitReservations,
  cancel,
  cancelled,
  choreographed,
  line,
  note,
  noted,
  paid,
  placed,
  placeLines,
  placeTotal,
  recordPayment,
  reject,
  rejected,
  rejectRevision,
  requested,
  revised,
  reviseLines,
  reviseTotal,
  revisionRejected,
  ship,
  shipped,
  timeOut,
} from './order.given.ts'
import { order } from './order.ts'

const total = euros(100)

const placedOnly = [placed(total)]
const approvedToo = [...placedOnly, approved(total)]
const shippedToo = [...approvedToo, shipped(total)]

/** The history of an order in each state. */
const historyOf = {
  PENDING: placedOnly,
  APPROVED: approvedToo,
  REJECTED: [...placedOnly, rejected(total, 'OUT_OF_STOCK')],
  CANCELLED: [...placedOnly, cancelled(total)],
  SHIPPED: shippedToo,
  PAID: [...shippedToo, paid(total)],
}

describe('placing', () => {
  test.each(['orchestration', 'choreography'] as const)(
    'by %s keeps the date that the order came with',
    (coordination) => {
      const placedAt = '2010-12-01T08:26:00.000Z'
      const { type, data } = coordination === 'choreography' ? choreographed(placed(total)) : placed(total)
      given(order)
        .when({ ...placeTotal(total), placedAt, coordination })
        .then({ type, data: { ...data, placedAt } } as OrderEvent)
    },
  )

  test('an order can be placed by its total', () => {
    given(order).when(placeTotal(total)).then(placed(total))
  })

  test('or by lines, and comes to their sum', () => {
    const lines = [line('prd_1', 3, euros(1.1)), line('prd_2', 1, euros(0.05))]
    given(order)
      .when(placeLines(...lines))
      .then(placed(euros(3.35), ...lines))
  })

  test('the same product can be on several lines, at different prices', () => {
    const lines = [line('prd_1', 1, euros(2)), line('prd_2', 1, euros(5)), line('prd_1', 4, euros(1))]
    given(order)
      .when(placeLines(...lines))
      .then(placed(euros(11), ...lines))
  })

  test('a line may cost nothing', () => {
    given(order)
      .when(placeLines(line('prd_1', 3, 0)))
      .then(placed(0, line('prd_1', 3, 0)))
  })

  test('a line without a price names a product that is not in the range', () => {
    given(order)
      .when(placeLines(line('prd_1', 1, euros(2)), { productId: 'prd_2', quantity: 1, unitPrice: undefined }))
      .thenRefused({
        code: 'NOT_FOUND',
        path: ['content', 'lines', '1', 'productId'],
        message: 'content.lines.1.productId must be the id of a product in the range: there is no prd_2.',
      })
  })

  test('the lines can come to 2^53 - 1 cents', () => {
    const lines = [line('prd_1', 1, MAX_CENTS - 1), line('prd_2', 1, 1)]
    given(order)
      .when(placeLines(...lines))
      .then(placed(MAX_CENTS, ...lines))
  })

  test.each([
    ['one line', 0, [line('prd_1', 2, MAX_CENTS)]],
    ['the most there can be of the dearest', 0, [line('prd_1', 2 ** 31 - 1, MAX_CENTS)]],
    ['the lines together', 1, [line('prd_1', 1, MAX_CENTS), line('prd_2', 1, 1), line('prd_3', 1, 1)]],
    ['what no number can tell from 2^53', 2, [line('prd_1', 1, MAX_CENTS), line('prd_1', 1, 0), line('prd_2', 1, 2)]],
  ])('but no further: %s', (_, index, lines) => {
    given(order)
      .when(placeLines(...lines))
      .thenRefused({ code: 'INVALID_INPUT', path: ['content', 'lines', String(index), 'quantity'] })
  })

  test.each(Object.entries(historyOf))('nothing is placed twice, here when it is %s', (_, history) => {
    given(order, ...history)
      .when(placeTotal(total))
      .thenRefused({ code: 'ALREADY_EXISTS', path: ['orderId'] })
  })
})

test('a pending order is approved, and then has been', () => {
  given(order, ...historyOf.PENDING)
    .when(approve())
    .then(approved(total))
  given(order, ...historyOf.APPROVED)
    .when(approve())
    .thenNothing()
})

test('a pending order is rejected for a reason, and then has been', () => {
  given(order, ...historyOf.PENDING)
    .when(reject('TIMED_OUT'))
    .then(rejected(total, 'TIMED_OUT'))
  given(order, ...historyOf.REJECTED)
    .when(reject('OUT_OF_STOCK'))
    .thenNothing()
})

test('a pending or approved order is cancelled, with or without a reason', () => {
  given(order, ...historyOf.PENDING)
    .when(cancel())
    .then(cancelled(total))
  given(order, ...historyOf.APPROVED)
    .when(cancel({ reason: 'too late' }))
    .then(cancelled(total, { reason: 'too late' }))
})

test('an approved order is shipped, with or without a tracking code', () => {
  given(order, ...historyOf.APPROVED)
    .when(ship())
    .then(shipped(total))
  given(order, ...historyOf.APPROVED)
    .when(ship({ trackingCode: 'A1' }))
    .then(shipped(total, { trackingCode: 'A1' }))
})

test('a shipped order is paid', () => {
  given(order, ...historyOf.SHIPPED)
    .when(recordPayment())
    .then(paid(total))
})

test.each([
  approve(),
  reject('OUT_OF_STOCK'),
  cancel(),
  cancel({ expectedVersion: 1 }),
  ship(),
  recordPayment(),
  reviseTotal(1),
])('nothing can be done with what was not placed: $type', (command) => {
  given(order)
    .when(command)
    .thenRefused({ code: 'NOT_FOUND', path: ['orderId'] })
})

describe('what cannot be done any more, or not yet, is refused with the state', () => {
  const impossible = [
    [approve(), ['REJECTED', 'CANCELLED', 'SHIPPED', 'PAID']],
    [reject('OUT_OF_STOCK'), ['APPROVED', 'CANCELLED', 'SHIPPED', 'PAID']],
    [cancel(), ['REJECTED', 'CANCELLED', 'SHIPPED', 'PAID']],
    [ship(), ['PENDING', 'REJECTED', 'CANCELLED', 'SHIPPED', 'PAID']],
    [recordPayment(), ['PENDING', 'APPROVED', 'REJECTED', 'CANCELLED', 'PAID']],
    [reviseTotal(1), ['PENDING', 'REJECTED', 'CANCELLED', 'SHIPPED', 'PAID']],
  ] as const

  test.each(impossible.flatMap(([command, where]) => where.map((state) => [command.type, state, command] as const)))(
    '%s when it is %s',
    (_, state, command) => {
      given(order, ...historyOf[state])
        .when(command)
        .thenRefused({
          code: 'ILLEGAL_STATE',
          path: ['orderId'],
          message: expect.stringContaining(`The order is ${state}. Only a`),
        })
    },
  )
})

describe('a revision', () => {
  const before = [line('prd_1', 2, 1000), line('prd_2', 1, 1000), line('prd_1', 1, 1000)]
  const after = [line('prd_1', 5, 1000), line('prd_3', 2, 100)]
  const stock = [
    { productId: 'prd_1', before: 3, after: 5 },
    { productId: 'prd_2', before: 1, after: 0 },
    { productId: 'prd_3', before: 0, after: 2 },
  ]
  const approvedLines = [placed(4000, ...before), approved(4000)]
  const pending = [...approvedLines, requested(1, 4000, 5200, { lines: after, stock })]

  test('replaces all lines, and says what that changes in the stock that is taken', () => {
    given(order, ...approvedLines)
      .when(reviseLines(...after))
      .then(requested(1, 4000, 5200, { lines: after, stock }))
  })

  test('by another price, or of a plain total, changes no stock', () => {
    const cheaper = [line('prd_2', 1, 500), line('prd_1', 3, 500)]
    given(order, ...approvedLines)
      .when(reviseLines(...cheaper))
      .then(requested(1, 4000, 2000, { lines: cheaper }))
    given(order, ...historyOf.APPROVED)
      .when(reviseTotal(total + 1, { expectedVersion: 2 }))
      .then(requested(1, total, total + 1))
  })

  test('makes a plain total of lines, and lines of a plain total', () => {
    given(order, ...approvedLines)
      .when(reviseTotal(1))
      .then(requested(1, 4000, 1, { stock: stock.slice(0, 2).map((change) => ({ ...change, after: 0 })) }))
    given(order, ...historyOf.APPROVED)
      .when(reviseLines(line('prd_3', 2, 100)))
      .then(requested(1, total, 200, { lines: [line('prd_3', 2, 100)], stock: stock.slice(2) }))
  })

  test('has the limits of a placing', () => {
    given(order, ...approvedLines)
      .when(reviseLines({ productId: 'prd_3', quantity: 1 }))
      .thenRefused({ code: 'NOT_FOUND', path: ['content', 'lines', '0', 'productId'] })
    given(order, ...approvedLines)
      .when(reviseLines(line('prd_1', 2, MAX_CENTS)))
      .thenRefused({ code: 'INVALID_INPUT', path: ['content', 'lines', '0', 'quantity'] })
  })

  describe('of many products', () => {
    const someOf = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, number) => line(`prd_${from + number}`, 1, 1))
    const [first, second] = [someOf(0, 2000), someOf(2000, 4000)]
    const revisedOnce = [placed(2000, ...first), approved(2000), requested(1, 2000, 2000), revised(1, 2000, ...second)]
    const changes = (lines: OrderLine[], before: number, after: number) =>
      lines.map(({ productId }) => ({ productId, before, after }))

    test('leaves an order that has been over 5,000 of them in all, and not over more', () => {
      const lines = someOf(4000, 5000)
      given(order, ...revisedOnce)
        .when(reviseLines(...lines))
        .then(requested(2, 2000, 1000, { lines, stock: [...changes(second, 1, 0), ...changes(lines, 0, 1)] }))
      given(order, ...revisedOnce)
        .when(reviseLines(...someOf(4000, 5001)))
        .thenRefused({
          code: 'INVALID_INPUT',
          path: ['content', 'lines'],
          message:
            'content.lines would bring the order to 5001 different products since it was placed. The maximum is 5000.',
        })
      given(order, ...revisedOnce, requested(2, 2000, 1), revised(2, 1))
        .when(reviseLines(...someOf(4000, 5001)))
        .thenRefused({ code: 'INVALID_INPUT', path: ['content', 'lines'] })
    })

    test('counts a product once, however often it comes back, and none of a revision that was rejected', () => {
      const back = [requested(2, 2000, 2000), revised(2, 2000, ...first), requested(3, 2000, 1000)]
      given(order, ...revisedOnce, ...back, revisionRejected(3, 2000, 'OUT_OF_STOCK'))
        .when(reviseLines(...second))
        .then(requested(4, 2000, 2000, { lines: second, stock: [...changes(first, 1, 0), ...changes(second, 0, 1)] }))
    })
  })

  test('is applied in one step', () => {
    given(order, ...pending)
      .when(applyRevision(1))
      .then(revised(1, 5200, ...after))
  })

  test('is rejected for a reason, and leaves the order as it was', () => {
    given(order, ...pending)
      .when(rejectRevision(1, 'OUT_OF_STOCK'))
      .then(revisionRejected(1, 4000, 'OUT_OF_STOCK'))
    given(order, ...pending, revisionRejected(1, 4000, 'OUT_OF_STOCK'))
      .when(ship())
      .then(shipped(4000))
  })

  test('goes out from what the one before made of the order', () => {
    given(order, ...pending, revised(1, 5200, ...after))
      .when(reviseLines(line('prd_1', 5, 1000)))
      .then(
        requested(2, 5200, 5000, {
          lines: [line('prd_1', 5, 1000)],
          stock: [{ productId: 'prd_3', before: 2, after: 0 }],
        }),
      )
  })

  test('that is pending keeps the order from being shipped or revised again', () => {
    for (const command of [ship(), reviseTotal(1)]) {
      given(order, ...pending)
        .when(command)
        .thenRefused({
          code: 'ILLEGAL_STATE',
          path: ['orderId'],
          message: expect.stringContaining('Revision 1 of the order is pending.'),
        })
    }
  })

  test('that is pending is beaten by a cancellation, which says so', () => {
    given(order, ...pending)
      .when(cancel())
      .then(cancelled(4000, { revision: 1 }))
    given(order, ...pending, cancelled(4000, { revision: 1 }))
      .when(applyRevision(1))
      .thenRefused({ code: 'ILLEGAL_STATE' })
  })

  test('that is decided, or was never requested, is not decided again', () => {
    for (const command of [applyRevision(1), rejectRevision(1, 'TIMED_OUT')]) {
      for (const events of [
        approvedLines,
        [...pending, revised(1, 5200, ...after)],
        [...pending, revisionRejected(1, 4000, 'TIMED_OUT')],
        [...pending, revised(1, 5200, ...after), requested(2, 5200, 1)],
      ]) {
        given(order, ...events)
          .when(command)
          .thenRefused({ code: 'ILLEGAL_STATE', message: 'Revision 1 of the order is not pending.' })
      }
    }
  })

  test('that is over lets the order be shipped over what it is then', () => {
    given(order, ...pending, revised(1, 5200, ...after))
      .when(ship())
      .then(shipped(5200))
  })
})

describe('an expected version', () => {
  test('holds when the order has so many events', () => {
    given(order, ...historyOf.PENDING)
      .when(cancel({ expectedVersion: 1 }))
      .then(cancelled(total))
    given(order, ...historyOf.APPROVED)
      .when(ship({ expectedVersion: 2 }))
      .then(shipped(total))
    given(order, ...historyOf.SHIPPED)
      .when(recordPayment({ expectedVersion: 3 }))
      .then(paid(total))
  })

  test.each([
    [cancel({ expectedVersion: 1 }), historyOf.APPROVED, '1', '2'],
    [ship({ expectedVersion: 3 }), historyOf.APPROVED, '3', '2'],
    [recordPayment({ expectedVersion: 2 }), historyOf.SHIPPED, '2', '3'],
    [reviseTotal(1, { expectedVersion: 1 }), historyOf.APPROVED, '1', '2'],
  ])('that does not hold is a conflict, which says what it is: $0.type', (command, history, expected, actual) => {
    given(order, ...history)
      .when(command)
      .thenRefused({ code: 'CONFLICT', path: ['expectedVersion'], expected, actual })
  })

  test('is checked before the state: a client with another expectation does not know the state', () => {
    given(order, ...historyOf.SHIPPED)
      .when(cancel({ expectedVersion: 2 }))
      .thenRefused({ code: 'CONFLICT', actual: '3' })
    given(order, ...historyOf.SHIPPED)
      .when(cancel({ expectedVersion: 3 }))
      .thenRefused({ code: 'ILLEGAL_STATE' })
  })
})

describe('an order by choreography', () => {
  const lines = [line('prd_1', 1, total / 4), line('prd_2', 1, total / 2), line('prd_1', 1, total / 4)]
  const placedSo = choreographed(placed(total, ...lines))
  const soon = '2026-01-01T00:01:00.000Z'
  const later = '2026-01-01T00:02:00.000Z'
  const [last, ...others] = ['credit', 'stock prd_1', 'stock prd_2'].reverse() as [string, string, string]
  const allButOne = others.map((step) => noted(total, step))

  test('says so in everything that happens to it; by orchestration it says nothing of it', () => {
    const byChoreography = { ...placeLines(...lines), coordination: 'choreography' } as const
    given(order).when(byChoreography).then(placedSo)
    given(order)
      .when({ ...placeTotal(total), coordination: 'choreography' } as const)
      .then(choreographed(placed(total)))
    given(order)
      .when({ ...placeTotal(total), coordination: 'orchestration' } as const)
      .then(placed(total))
    given(order, placedSo)
      .when(cancel())
      .then(choreographed(cancelled(total)))
    const approvedSo = choreographed(approved(total))
    given(order, placedSo, approvedSo)
      .when(ship())
      .then(choreographed(shipped(total)))
  })

  test('notes each reservation, and approves itself with the last', () => {
    given(order, placedSo).when(note('credit')).then(noted(total, 'credit'))
    given(order, placedSo, ...allButOne)
      .when(note(last))
      .then(noted(total, last), choreographed(approved(total)))
    given(order, choreographed(placed(total)))
      .when(note('credit'))
      .then(noted(total, 'credit'), choreographed(approved(total)))
  })

  test('awaits all answers, also when one is a refusal', () => {
    given(order, placedSo)
      .when(note('credit', 'CREDIT_LIMIT_EXCEEDED'))
      .then(noted(total, 'credit', 'CREDIT_LIMIT_EXCEEDED'))
  })

  test.each([
    ['OUT_OF_STOCK', 'OUT_OF_STOCK', undefined],
    ['UNKNOWN_PRODUCT', 'OUT_OF_STOCK', 'UNKNOWN_PRODUCT'],
    ['CREDIT_LIMIT_EXCEEDED', 'CREDIT_LIMIT_EXCEEDED', 'OUT_OF_STOCK'],
    ['UNKNOWN_CUSTOMER', 'UNKNOWN_CUSTOMER', 'UNKNOWN_PRODUCT'],
  ] as const)(
    'rejects itself with the last answer for %s, in every order of the answers (%s, %s)',
    (reason, first, second) => {
      const [step, ...rest] = others as [string, string]
      for (const [before, now] of [
        [first, second],
        [second, first],
      ]) {
        given(order, placedSo, noted(total, step, before), ...rest.map((step) => noted(total, step)))
          .when(note(last, now))
          .then(noted(total, last, now), choreographed(rejected(total, reason)))
      }
    },
  )

  test('notes nothing twice, nothing that it does not wait for, and nothing once it is decided', () => {
    given(order, placedSo, noted(total, 'credit')).when(note('credit')).thenNothing()
    given(order, placedSo).when(note('stock prd_3')).thenNothing()
    for (const event of [approved(total), rejected(total, 'OUT_OF_STOCK'), cancelled(total)]) {
      for (const command of [note('credit'), awaitReservations(soon), timeOut(later)]) {
        given(order, placedSo, awaited(total, soon), choreographed(event)).when(command).thenNothing()
      }
    }
    for (const command of [note('credit'), awaitReservations(soon), timeOut(later)]) {
      given(order, placed(total, ...lines))
        .when(command)
        .thenNothing()
    }
  })

  test('is rejected at its deadline and not before; the newest deadline counts', () => {
    given(order, placedSo).when(awaitReservations(soon)).then(awaited(total, soon))
    given(order, placedSo).when(timeOut(later)).thenNothing()
    const late = [placedSo, awaited(total, soon)]
    given(order, ...late)
      .when(timeOut(soon))
      .then(choreographed(rejected(total, 'TIMED_OUT')))
    given(order, ...late)
      .when(timeOut('2026-01-01T00:00:59.999Z'))
      .thenNothing()
    given(order, ...late, awaited(total, later))
      .when(timeOut(soon))
      .thenNothing()
  })

  test('counts what it notes in its version', () => {
    given(order, placedSo, noted(total, 'credit'))
      .when(cancel({ expectedVersion: 2 }))
      .then(choreographed(cancelled(total)))
  })
})

describe('what an order weighs in memory', () => {
  const weightAfter = (...events: OrderEvent[]) => order.weight?.(events.reduce(order.evolve, order.initialState()))
  const two = [line('prd_hammer', 1, 500), line('prd_nails', 2, 300)]
  const three = [...two, line('prd_saw', 1, 900)]
  const ordered = [placed(total, ...two), approved(total)]

  test('is nothing before it is placed, and half a unit for each line from then on', () => {
    expect(weightAfter()).toBe(0)
    expect(weightAfter(...ordered)).toBe(1)
  })

  test('grows with the lines that a revision asks for, and with the products that it ever had', () => {
    const asked = requested(1, total, 2000, { lines: three })
    expect(weightAfter(...ordered, asked)).toBe(2.5)
    expect(weightAfter(...ordered, asked, revised(1, 2000, ...three))).toBe(2.5)
  })

  test('grows with the answers that it awaits, of which credit is one', () => {
    const awaiting = choreographed(placed(total, ...two))
    expect(weightAfter(awaiting)).toBe(2.5)
    expect(weightAfter(awaiting, noted(total, 'credit'))).toBe(2)
  })

  test('is nothing when it is over', () => {
    expect(weightAfter(...ordered, cancelled(total))).toBe(0)
  })
})
