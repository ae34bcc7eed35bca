import { describe, expect, test } from 'vitest'
import { datesIn, isTimeZone } from './dates.ts'

const read = (text: string, others: string[] = [], zone = 'UTC') => {
  const dates = datesIn(zone)
  for (const each of [text, ...others]) dates.note(each)
  return dates.read(text)
}

describe('a date of an invoice is read as it is written by', () => {
  test.each([
    ['the data set Online Retail', '01/12/2010 08:26', '2010-12-01T08:26:00.000Z'],
    ['the data set Online Retail II', '2009-12-01 07:45:00', '2009-12-01T07:45:00.000Z'],
    ['databases, to the microsecond', '2009-12-01 07:45:01.234567', '2009-12-01T07:45:01.234Z'],
    ['RFC 3339', '2009-12-01T07:45:00Z', '2009-12-01T07:45:00.000Z'],
    ['RFC 3339, with an offset', '2009-12-01T07:45:00+01:00', '2009-12-01T06:45:00.000Z'],
    ['ISO 8601, without a time', '2009-12-01', '2009-12-01T00:00:00.000Z'],
    ['Excel, with seconds', '1/12/2010 8:26:05', '2010-12-01T08:26:05.000Z'],
    ['Excel, in Germany', '01.12.2010 08:26', '2010-12-01T08:26:00.000Z'],
    ['Excel, with two digits of the year', '1/12/10 8:26', '2010-12-01T08:26:00.000Z'],
    ['Excel, in the last century', '1/12/99 8:26', '1999-12-01T08:26:00.000Z'],
    ['Excel, with halves of the day', '13/12/2010 12:26 AM', '2010-12-13T00:26:00.000Z'],
    ['Excel, in the afternoon', '13/12/2010 1:26 pm', '2010-12-13T13:26:00.000Z'],
    ['Excel, as a number', '40513.351388888892', '2010-12-01T08:26:00.000Z'],
    ['Excel, as a number with a comma', '40513,5', '2010-12-01T12:00:00.000Z'],
  ])('%s', (_, text, instant) => {
    expect(read(text)).toBe(instant)
    expect(read(` ${text} `)).toBe(instant)
  })
})

test.each([
  '',
  ' ',
  'yesterday',
  '30/02/2010 08:26',
  '2010-13-01',
  '01/12/2010 24:00',
  '01/12/2010 08:60',
  '1',
  '13/13/2010',
  '1/12/2010 13:00 PM',
  '40513.1.2',
  '2010-12-01T08:26:00+1',
])('%j is no date', (text) => {
  expect(read(text)).toBeUndefined()
})

describe('the month comes first', () => {
  test('where one date of the file can only be meant so', () => {
    expect(read('12/1/2010 8:26', ['12/13/2010 9:02'])).toBe('2010-12-01T08:26:00.000Z')
  })

  test('nowhere in a file that has a date with the day first', () => {
    expect(read('12/1/2010 8:26', ['12/13/2010 9:02', '13/12/2010 9:02'])).toBe('2010-01-12T08:26:00.000Z')
    expect(read('12/13/2010 9:02', ['13/12/2010 9:02'])).toBeUndefined()
  })

  test('never between points', () => {
    expect(read('12.1.2010', ['12/13/2010'])).toBe('2010-01-12T00:00:00.000Z')
  })
})

describe('a time zone', () => {
  test.each([
    ['in winter', '01/12/2010 08:26', 'Europe/London', '2010-12-01T08:26:00.000Z'],
    ['in summer', '01/07/2010 08:26', 'Europe/London', '2010-07-01T07:26:00.000Z'],
    ['far ahead', '01/12/2010 08:26', 'Asia/Tokyo', '2010-11-30T23:26:00.000Z'],
    ['far behind', '01/12/2010 08:26', 'America/Los_Angeles', '2010-12-01T16:26:00.000Z'],
    ['in the hour that comes twice, the earlier', '31/10/2010 01:30', 'Europe/London', '2010-10-31T00:30:00.000Z'],
    ['right after the hour that is left out', '28/03/2010 02:00', 'Europe/London', '2010-03-28T01:00:00.000Z'],
    ['does not count for a date with an offset', '2010-07-01T08:26:00+02:00', 'Asia/Tokyo', '2010-07-01T06:26:00.000Z'],
  ])('%s', (_, text, zone, instant) => {
    expect(read(text, [], zone)).toBe(instant)
  })

  test('has a name that is known', () => {
    for (const zone of ['UTC', 'Europe/London']) expect(isTimeZone(zone)).toBe(true)
    for (const zone of ['', 'London', 'Europe/Nowhere']) expect(isTimeZone(zone)).toBe(false)
  })
})
