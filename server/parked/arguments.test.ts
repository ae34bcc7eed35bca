import { describe, expect, test } from 'vitest'
import { BadArguments } from '../client/command-line.ts'
import { parseArguments } from './arguments.ts'

const url = 'http://127.0.0.1:4000/graphql'

describe('the command line for parked orders', () => {
  test('a list needs nothing else', () => {
    expect(parseArguments(['list'])).toEqual({ action: 'list', id: '', url, json: false })
  })

  test('one is tried again or given up by its id', () => {
    expect(parseArguments(['retry', 'placement-ord_1'])).toEqual({
      action: 'retry',
      id: 'placement-ord_1',
      url,
      json: false,
    })
    const args = ['--json', 'discard', 'placement-ord_1', '--url', 'https://desk.example/graphql']
    expect(parseArguments(args)).toEqual({
      action: 'discard',
      id: 'placement-ord_1',
      url: 'https://desk.example/graphql',
      json: true,
    })
  })

  test('the id of an order stands for its placement', () => {
    expect(parseArguments(['retry', 'ord_1'])).toMatchObject({ id: 'placement-ord_1' })
  })

  test.each(['https://desk.example', 'https://desk.example/'])('the address of the desk is enough: %s', (address) => {
    expect(parseArguments(['list', '--url', address])).toMatchObject({ url: 'https://desk.example/graphql' })
  })

  test('help may be requested', () => {
    expect(parseArguments(['--help'])).toBe('help')
  })

  test.each([
    ['', 'The action must be list, retry or discard; it is missing.'],
    ['mend', 'The action must be list, retry or discard; it is "mend".'],
    ['list ord_1', 'remove ord_1'],
    ['retry', 'The id of a parked order is missing'],
    ['retry ord_1 ord_2', 'Give one id only: remove ord_2.'],
    ['list --bogus', '--bogus is not an option.'],
    ['list --url localhost', '--url must be an address such as http://127.0.0.1:4000/graphql; it is "localhost".'],
  ])('what is wrong is named: %s', (args, sentence) => {
    const parsing = () => parseArguments(args.split(' ').filter(Boolean))
    expect(parsing).toThrow(BadArguments)
    expect(parsing).toThrow(sentence)
  })
})
