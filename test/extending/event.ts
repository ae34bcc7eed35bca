// An event: the reminder of an order that is shipped and not paid.
import { type Addition, after, before } from './addition.ts'

export const event: Addition = {
  heading: 'An event',
  changed: {
    'events/catalogue.ts': [after('  OrderPaid: z.object(orderFacts),\n', '  OrderReminded: z.object(orderFacts),\n')],
    'command/order/order.ts': [
      before("  | { type: 'ReviseOrder';", "  | { type: 'RemindOfPayment'; orderId: string }\n"),
      before(
        "      case 'ReviseOrder': {\n",
        `      case 'RemindOfPayment':
        return order.status === 'SHIPPED' ? [{ type: 'OrderReminded', data: facts }] : cannot('be paid', order)

`,
      ),
      after('    switch (type) {\n', "      case 'OrderReminded':\n        return order\n"),
    ],
    'query/summary.ts': [
      before(
        "    case 'OrderRevisionRequested':\n",
        `    case 'OrderReminded':
      return \`Reminded of the payment of \${event.data.orderId}\`
`,
      ),
    ],
    'query/views/orders.ts': [after("'ReservationsAwaited', 'ReservationNoted'", ", 'OrderReminded'")],
    'query/views/customers.ts': [after("'ReservationsAwaited', 'ReservationNoted'", ", 'OrderReminded'")],
  },
  created: {},
  test: `// Only an order that is shipped, and not paid, is reminded of its payment.
import { expect, test } from 'vitest'
import { approved, placed, shipped } from '../../command/order/order.given.ts'
import { order } from '../../command/order/order.ts'
import { given } from '../../kernel/deciding/given.ts'
import { summary } from '../../query/summary.ts'

const reminded = { type: 'OrderReminded', data: { orderId: 'ord_1', customerId: 'cus_1', total: 100 } } as const

test('a shipped order is reminded of its payment', () => {
  given(order, placed(100), approved(100), shipped(100))
    .when({ type: 'RemindOfPayment', orderId: 'ord_1' })
    .then(reminded)
  expect(summary(reminded)).toBe('Reminded of the payment of ord_1')
})

test('an order that is not shipped is not reminded', () => {
  given(order, placed(100), reminded)
    .when({ type: 'RemindOfPayment', orderId: 'ord_1' })
    .thenRefused({ code: 'ILLEGAL_STATE' })
})
`,
}
