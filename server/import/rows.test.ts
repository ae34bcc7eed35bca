import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UnreadableFile } from './file-text.ts'
import { type AcceptedRow, type Row, type RowOptions, readRows, type SkippedRow } from './rows.ts'

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const GOOD = '536365,85123A,WHITE HEART,6,01/12/2010 08:26,2.55,17850,United Kingdom'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-rows-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('a row becomes an order line, or is skipped for the first reason that holds', () => {
  test('a good row has the ids, texts, quantity and cents of the file', async () => {
    expect(await rowsOf(`${HEADER}\n${GOOD}\n`)).toEqual([
      {
        orderId: 'ord_536365',
        productId: 'prd_85123A',
        customerId: 'cus_17850',
        invoice: '536365',
        stockCode: '85123A',
        customer: '17850',
        country: 'United Kingdom',
        description: 'WHITE HEART',
        quantity: 6,
        unitPrice: 255,
        date: '01/12/2010 08:26',
      },
    ])
  })

  test.each<[reason: string, what: string, row: string, why: string]>([
    ['malformed', 'a row that breaks off', '539650,84347,R', 'the header has 8 fields, this row has 3'],
    ['malformed', 'a row with a field too many', `${GOOD},more`, 'the header has 8 fields, this row has 9'],
    ['malformed', 'no invoice', ' ,85123A,X,6,,2.55,17850,France', 'InvoiceNo is blank'],
    ['malformed', 'no product', '536365,,X,6,,2.55,17850,France', 'StockCode is blank'],
    [
      'malformed',
      'a quantity that is no number',
      '536365,85123A,X,six,,2.55,17850,France',
      'Quantity is "six", no whole number up to 2147483647',
    ],
    [
      'malformed',
      'no quantity',
      '536365,85123A,X,,,2.55,17850,France',
      'Quantity is "", no whole number up to 2147483647',
    ],
    [
      'malformed',
      'a broken quantity',
      '536365,85123A,X,1.5,,2.55,17850,France',
      'Quantity is "1.5", no whole number up to 2147483647',
    ],
    [
      'malformed',
      'a quantity beyond an Int',
      '536365,85123A,X,2147483648,,2.55,17850,France',
      'Quantity is "2147483648", no whole number up to 2147483647',
    ],
    [
      'malformed',
      'a price that is no number',
      '536365,85123A,X,6,,"2,55",17850,France',
      'UnitPrice is "2,55", no amount up to 90071992547409.91',
    ],
    ['malformed', 'no price', '536365,85123A,X,6,,,17850,France', 'UnitPrice is "", no amount up to 90071992547409.91'],
    [
      'malformed',
      'a lone point as price',
      '536365,85123A,X,6,,.,17850,France',
      'UnitPrice is ".", no amount up to 90071992547409.91',
    ],
    [
      'malformed',
      'a price beyond what the desk can hold',
      `536365,85123A,X,6,,${'9'.repeat(20)},17850,France`,
      'UnitPrice is "99999999999999999999", no amount up to 90071992547409.91',
    ],
    [
      'malformed',
      'an identifier that is too long',
      `536365,${'A'.repeat(65)},X,6,,2.55,17850,France`,
      `StockCode is "${'A'.repeat(40)}…", more than 64 characters`,
    ],
    [
      'malformed',
      'a malformed credit note',
      'C536365,85123A,X,six,,2.55,,France',
      'Quantity is "six", no whole number up to 2147483647',
    ],
    ['creditNote', 'a credit note, whatever else is wrong', 'C536365,85123A,X,-6,,0,,France', 'InvoiceNo is "C536365"'],
    ['noCustomer', 'no customer, and nothing sold', '536365,85123A,X,-6,,0,,France', 'CustomerID is blank'],
    ['noCustomer', 'a blank customer', '536365,85123A,X,6,,2.55, ,France', 'CustomerID is blank'],
    ['quantity', 'a quantity of zero at no price', '536365,85123A,X,0,,0,17850,France', 'Quantity is "0"'],
    ['quantity', 'a negative quantity', '536365,85123A,X,-6,,2.55,17850,France', 'Quantity is "-6"'],
    ['price', 'a price of zero', '536365,85123A,X,6,,0.00,17850,France', 'UnitPrice is "0.00"'],
    ['price', 'a negative price', '536365,85123A,X,6,,-2.55,17850,France', 'UnitPrice is "-2.55"'],
    ['price', 'a price below half a cent', '536365,85123A,X,6,,0.001,17850,France', 'UnitPrice is "0.001"'],
  ])('%s: %s', async (skipped, _, row, why) => {
    expect(await rowsOf(`${HEADER}\n${row}\n${GOOD}\n`)).toEqual([
      { skipped, line: 2, why },
      expect.objectContaining({ quantity: 6 }),
    ])
  })

  test('its line is the one in which it begins, also below empty lines and quoted line ends of every system', async () => {
    const rows = await rowsOf(
      `${HEADER}\r\n1,A,"TWO\r\nLINES",6,,2.55,1,France\r\n\r\nbad\r\n2,B,"A\nB\rC",0,,1,1,X\nworse\r3,"open\n`,
    )
    expect(rows.slice(1)).toMatchObject([
      { skipped: 'malformed', line: 5 },
      { skipped: 'quantity', line: 6 },
      { skipped: 'malformed', line: 9 },
      { skipped: 'malformed', line: 10, why: 'the file ends within quotes' },
    ])
  })

  test('the fault of a row is reported on one line of limited length', async () => {
    const [row] = await rowsOf(`${HEADER}\n536365,85123A,X,"${'six\n'.repeat(1_000)}",,2.55,17850,France\n`)
    expect((row as SkippedRow).why).toMatch(/^Quantity is "(six\\n){10}…", no whole number up to 2147483647$/)
  })
})

describe('numbers are taken from the text, exactly', () => {
  test.each([
    ['2.55', 255],
    ['2.5', 250],
    ['2', 200],
    ['.85', 85],
    ['1.005', 101],
    ['1.004999', 100],
    ['0.29', 29],
    ['0.995', 100],
    ['90071992547409.91', Number.MAX_SAFE_INTEGER],
  ])('a price of %s is %d cents', async (text, unitPrice) => {
    const rows = await rowsOf(`${HEADER}\n536365,85123A,X,6,,${text},17850,France\n`)
    expect(rows).toEqual([expect.objectContaining({ unitPrice })])
  })

  test.each([
    ['1.005', { line: 2, how: 'UnitPrice 1.005 became 1.01' }],
    ['1.0049', { line: 2, how: 'UnitPrice 1.0049 became 1.00' }],
    ['1.2500', undefined],
    ['1.25', undefined],
  ])('a price of %s is noted where it is rounded', async (text, rounded) => {
    const [row] = await rowsOf(`${HEADER}\n536365,85123A,X,6,,${text},17850,France\n`)
    expect((row as AcceptedRow).rounded).toEqual(rounded)
  })

  test('a price that would be rounded is skipped where exact prices are required', async () => {
    const rows = await rowsOf(`${HEADER}\n1,A,X,6,,1.005,1,France\n1,A,X,6,,1.2500,1,France\n1,A,X,6,,1.2,1,France\n`, {
      exactPrices: true,
    })
    expect(rows).toMatchObject([
      { skipped: 'price', line: 2, why: 'UnitPrice is "1.005", with more than two digits' },
      { unitPrice: 125 },
      { unitPrice: 120 },
    ])
  })

  test('a whole number that a spreadsheet wrote with a fraction is a quantity', async () => {
    expect(await rowsOf(`${HEADER}\n536365,85123A,X,6.0,,2.55,17850,France\n`)).toEqual([
      expect.objectContaining({ quantity: 6 }),
    ])
  })
})

test('characters that ids cannot have become _, and case is kept', async () => {
  const [row] = await rowsOf(`${HEADER}\n53/6365,gift 0001£-a,X,6,,2.55,17850.0,France\n`)
  expect(row).toMatchObject({
    orderId: 'ord_53_6365',
    productId: 'prd_gift_0001_-a',
    customerId: 'cus_17850_0',
    invoice: '53/6365',
    stockCode: 'gift 0001£-a',
    customer: '17850.0',
  })
})

describe('any file that is CSV with the columns is read', () => {
  test('the columns may have the names of Online Retail II, which the messages then use', async () => {
    const header = 'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country'
    const text = `${header}\n489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085,France\n1,A,X,6,,six,1,France\n1,A,X,6,,1,,France\n`
    expect(await rowsOf(text)).toMatchObject([
      { orderId: 'ord_489434', customerId: 'cus_13085', unitPrice: 695, date: '2009-12-01 07:45:00' },
      { skipped: 'malformed', why: 'Price is "six", no amount up to 90071992547409.91' },
      { skipped: 'noCustomer', why: 'Customer ID is blank' },
    ])
  })

  test('columns stand in any order, in any case, with others between them; InvoiceDate may be missing', async () => {
    const text = 'country,Shop,UNITPRICE,CustomerID,Quantity,Description,StockCode,InvoiceNo\nFrance,7,2.55,1,6,X,A,9\n'
    expect(await rowsOf(text)).toMatchObject([
      { orderId: 'ord_9', productId: 'prd_A', unitPrice: 255, country: 'France' },
    ])
  })

  test.each([
    ['semicolons', ';'],
    ['tabs', '\t'],
  ])('fields may have %s between them', async (_, separator) => {
    const text = `${HEADER}\n${GOOD}\n`.replaceAll(',', separator)
    expect(await rowsOf(text)).toEqual(await rowsOf(`${HEADER}\n${GOOD}\n`))
    expect(await rowsOf(text.replaceAll(/[^\t;\n]+/g, '"$&"'))).toEqual(await rowsOf(text))
  })

  test('with semicolons, a comma separates the cents', async () => {
    const text = `${HEADER.replaceAll(',', ';')}\n1;A;X, blue;6,0;;2,55;1;France\n1;A;X;6;;2.5;1;France\n1;A;X;6;;1,234,5;1;France\n`
    expect(await rowsOf(text)).toMatchObject([
      { description: 'X, blue', quantity: 6, unitPrice: 255 },
      { unitPrice: 250 },
      { skipped: 'malformed', why: 'UnitPrice is "1,234,5", no amount up to 90071992547409.91' },
    ])
  })

  describe.each([
    ['little', (text: string) => Buffer.from(text, 'utf16le')],
    ['big', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ])('UTF-16, the %s end first,', (_, encoded) => {
    const row = '1,A,Café €40 🎁,6,,2.55,1,Česko'

    test.each([
      ['with', '\uFEFF'],
      ['without', ''],
    ])('is read %s a byte order mark', async (_, mark) => {
      const rows = await rowsOf(encoded(`${mark}${HEADER}\r\n${`${row}\r\n`.repeat(3_000)}`))
      expect(rows).toHaveLength(3_000)
      for (const each of rows) expect(each).toMatchObject({ description: 'Café €40 🎁', country: 'Česko' })
    })

    test('is read as Excel writes it, with tabs', async () => {
      expect(await rowsOf(encoded(`\uFEFF${HEADER}\r\n${row}\r\n`.replaceAll(',', '\t')))).toMatchObject([
        { description: 'Café €40 🎁' },
      ])
    })
  })

  test('UTF-8 and Latin-1 are distinguished, even in one file', async () => {
    const latin1 = Buffer.from('1,A,Café £40,6,,2.55,1,Réunion\n', 'latin1')
    const utf8 = Buffer.from('2,B,Café €40 – “new”,6,,2.55,1,Česko\n', 'utf8')
    expect(await rowsOf(Buffer.concat([Buffer.from(`${HEADER}\n`), latin1, utf8]))).toMatchObject([
      { description: 'Café £40', country: 'Réunion' },
      { description: 'Café €40 – “new”', country: 'Česko' },
    ])
  })

  test('no character is torn where one part of the file ends and the next begins', async () => {
    const row = '1,A,ÄÖÜé,6,,2.55,1,Österreich'
    const rows = await rowsOf(Buffer.from(`${HEADER}\n${`${row}\n`.repeat(5_000)}`))
    expect(rows).toHaveLength(5_000)
    expect(new Set(rows.map((each) => (each as AcceptedRow).description))).toEqual(new Set(['ÄÖÜé']))
  })

  test('a byte order mark is no part of the first column', async () => {
    expect(await rowsOf(`\uFEFF${HEADER}\n${GOOD}\n`)).toMatchObject([{ orderId: 'ord_536365' }])
    const quoted = HEADER.replaceAll(/\w+/g, '"$&"')
    expect(await rowsOf(`\uFEFF${quoted}\n${GOOD}\n`)).toMatchObject([{ orderId: 'ord_536365' }])
  })

  test('quoted commas, quotes and line ends belong to the field', async () => {
    const rows = await rowsOf(`${HEADER}\n1,A,"TRAY, 7"" ROUND\nBLUE",6,,2.55,1,France\n`)
    expect(rows).toMatchObject([{ description: 'TRAY, 7" ROUND\nBLUE' }])
  })

  test('a quote in the middle of a field is a character like others', async () => {
    expect(await rowsOf(`${HEADER}\n1,A,RECORD 7" FRAME,6,,2.55,1,France\n${GOOD}\n`)).toMatchObject([
      { description: 'RECORD 7" FRAME' },
      { orderId: 'ord_536365' },
    ])
  })

  test('line ends of all systems are line ends, also mixed; empty lines are not rows', async () => {
    const rows = await rowsOf(`${HEADER}\r\n${GOOD}\r\n\r\n${GOOD}\n\n${GOOD}\r${GOOD}`)
    expect(rows).toHaveLength(4)
    expect(rows.every((row) => 'orderId' in row && row.country === 'United Kingdom')).toBe(true)
  })

  test('a last row that breaks off inside quotes is malformed, and the rows before it are kept', async () => {
    const rows = await rowsOf(`${HEADER}\n${`${GOOD}\n`.repeat(40)}539650,84347,"ROTATING LE`)
    expect(rows).toHaveLength(41)
    expect(rows.slice(0, 40).every((row) => 'orderId' in row)).toBe(true)
    expect(rows.at(-1)).toMatchObject({ skipped: 'malformed', line: 42 })
  })
})

describe('a file that cannot be read is reported in a sentence', () => {
  test('missing columns are named', async () => {
    await expect(rowsOf('InvoiceNo,StockCode,Description,Quantity,Country\n')).rejects.toThrow(
      /has no column UnitPrice, CustomerID\. Its first line must name the columns InvoiceNo, /,
    )
  })

  test('the first line is quoted', async () => {
    await expect(rowsOf('Order|Item\n1|2\n')).rejects.toThrow(
      /, Country, separated by commas, semicolons or tabs; it is "Order\|Item"\.$/,
    )
  })

  test.each([
    [
      'an Excel workbook',
      [0x50, 0x4b, 0x03, 0x04, 0x14],
      /is an Excel workbook \(\.xlsx\) or another zip archive: save the sheet as CSV \(UTF-8\)\.$/,
    ],
    [
      'an older Excel workbook',
      [0xd0, 0xcf, 0x11, 0xe0, 0xa1],
      /is an Excel workbook \(\.xls\): save the sheet as CSV \(UTF-8\)\.$/,
    ],
    ['a compressed file', [0x1f, 0x8b, 0x08], /is compressed with gzip: decompress it first\.$/],
    ['UTF-32', [0xff, 0xfe, 0x00, 0x00, 0x49, 0x00, 0x00, 0x00], /is UTF-32: save it as CSV \(UTF-8\)\.$/],
    ['something binary', [0x49, 0x6e, 0x00, 0x00, 0x01], /is not text: byte 3 is zero\. Use a CSV file\.$/],
  ])('%s is reported', async (_, bytes, sentence) => {
    const reading = rowsOf(Buffer.from(bytes))
    await expect(reading).rejects.toThrow(UnreadableFile)
    await expect(reading).rejects.toThrow(sentence)
  })

  test('an empty file', async () => {
    await expect(rowsOf('')).rejects.toThrow(/is empty\. Its first line must name the columns InvoiceNo, /)
  })

  test('no file, or a folder', async () => {
    await expect(collect(readRows(join(directory, 'none.csv')))).rejects.toThrow(/^There is no file .*none\.csv\.$/)
    await expect(collect(readRows(directory))).rejects.toThrow(/is a directory/)
  })

  test('a quote that stays open does not swallow the rest in silence', async () => {
    const reading = rowsOf(`${HEADER}\n${GOOD}\n1,A,"OPEN,6,,2.55,1,France\n${`${GOOD}\n`.repeat(1_000)}`)
    await expect(reading).rejects.toThrow(UnreadableFile)
    await expect(reading).rejects.toThrow(/around line \d+ a row is longer than 16384 bytes; a quote may be open/)
  })
})

let files = 0
async function rowsOf(content: string | Buffer, options?: RowOptions): Promise<Row[]> {
  const path = join(directory, `${++files}.csv`)
  await writeFile(path, content)
  return collect(readRows(path, options))
}

async function collect(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return all
}
