import { expect, test } from 'vitest'
import { isLoopback, readAllowed, readHost } from './host-names.ts'

test.each([
  'localhost',
  'localhost:4000',
  'LocalHost:4000',
  'localhost.',
  'localhost.:4000',
  'desk.localhost',
  'a.desk.localhost:80',
  '127.0.0.1',
  '127.0.0.1:4000',
  '127.255.3.4:1',
  '127.1',
  '[::1]',
  '[::1]:4000',
  '[0:0:0:0:0:0:0:1]:4000',
  '[::ffff:127.0.0.1]',
  '[::1%lo]:4000',
  '[::1%25lo]',
])('%s is a loopback name', (text) => {
  const host = readHost(text)
  expect(host && isLoopback(host)).toBe(true)
})

test.each([
  'evil.example',
  'localhost.evil.example',
  'evillocalhost',
  '.localhost',
  'localhost.localdomain',
  '127.0.0.1.evil.example',
  '128.0.0.1',
  '0.0.0.0:4000',
  '10.0.0.1',
  '[::]',
  '[::2]:4000',
  '[fe80::1%25eth0]',
])('%s is not a loopback name', (text) => {
  const host = readHost(text)
  expect(host && isLoopback(host)).toBe(false)
})

test.each(['', '[', 'localhost:x', 'localhost:99999', 'a@localhost', 'localhost/x', 'localhost?', 'local host', '.'])(
  '%j is no host',
  (text) => {
    expect(readHost(text)).toBeUndefined()
  },
)

test.each([
  ['desk.example', 'desk.example', true],
  ['desk.example', 'DESK.example.:8080', true],
  ['desk.example', 'a.desk.example', false],
  ['desk.example', 'desk.example.org', false],
  ['Desk.Example.', 'desk.example', true],
  ['desk.example:8080', 'desk.example:8080', true],
  ['desk.example:8080', 'desk.example', false],
  ['desk.example:443', 'desk.example', true],
  ['*.desk.example', 'a.desk.example:8080', true],
  ['*.desk.example', 'a.b.desk.example', true],
  ['*.desk.example', 'desk.example', false],
  ['*.desk.example', 'adesk.example', false],
  ['münchen.example', 'xn--mnchen-3ya.example', true],
  ['10.0.0.7', '10.0.0.7:4000', true],
  ['2001:db8::1', '[2001:db8:0::1]:4000', true],
  ['[2001:db8::1]:80', '[2001:db8::1]', true],
  ['*', 'evil.example', true],
])('%s in ALLOWED_HOSTS and %s: the same is %j', (allowed, text, same) => {
  const host = readHost(text)
  expect(host && readAllowed(allowed)?.(host)).toBe(same)
})
