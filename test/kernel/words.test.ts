// The kernel serves any domain: it has no word of the shop.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Words of the shop. An order that is a sequence is not among them: `orderBy`, `in log order`. */
const OF_THE_SHOP = [
  /customer/i,
  /\bproducts?\b|product(Id|-)/i,
  /\bprices?\b/i,
  /\bcredit\b|creditLimit|CreditRe/i,
  /\bstock\b|StockRe/i,
  /(?<!re)placement/i,
  /\b(cus|ord|prd)_/,
  /orderId|\border-[a-z$]|\bOrder(Placed|Approved|Rejected|Cancelled|Shipped|Paid|Revis)/,
  /\b(each|cancelled) order\b|\border's\b|\border was\b/,
]

test('no file of the kernel names anything of the shop', () => {
  const files = readdirSync('kernel', { recursive: true, encoding: 'utf8' }).filter((path) => /\.(ts|md)$/.test(path))
  expect(files.length).toBeGreaterThan(100)
  const found = files.flatMap((file) =>
    readFileSync(`kernel/${file}`, 'utf8')
      .split('\n')
      .flatMap((line, at) => (OF_THE_SHOP.some((word) => word.test(line)) ? `kernel/${file}:${at + 1}: ${line}` : [])),
  )
  expect(found).toEqual([])
})
