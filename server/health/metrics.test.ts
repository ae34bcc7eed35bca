import { expect, test } from 'vitest'
import { metricsOf } from './metrics.ts'

test('the readiness, every part and every figure of a part is a gauge', () => {
  const eventStore = { ok: true, detail: 'newest event at 7', figures: { position: 7 } }
  const messages = { ok: false, detail: 'no connection' }
  const sagas = { ok: true, detail: '0 at work, 2 parked', figures: { atWork: 0, parked: 2 } }
  expect(metricsOf({ ready: false, parts: { eventStore, messages, sagas } })).toBe(`\
# HELP creditline_ready Whether operations can be served: 1 or 0.
# TYPE creditline_ready gauge
creditline_ready 0
# HELP creditline_part_ok Whether a part of the desk is well: 1 or 0.
# TYPE creditline_part_ok gauge
creditline_part_ok{part="eventStore"} 1
creditline_part_ok{part="messages"} 0
creditline_part_ok{part="sagas"} 1
# HELP creditline_event_store_position The position of the newest event in the log.
# TYPE creditline_event_store_position gauge
creditline_event_store_position 7
# HELP creditline_sagas_at_work Orders and revisions in progress.
# TYPE creditline_sagas_at_work gauge
creditline_sagas_at_work 0
# HELP creditline_sagas_parked Orders and revisions that wait for an operator.
# TYPE creditline_sagas_parked gauge
creditline_sagas_parked 2
`)
})

test('a figure that nobody has explained is shown by its name', () => {
  const metrics = metricsOf({ ready: true, parts: { sagas: { ok: true, detail: '', figures: { askedTwice: 3 } } } })
  expect(metrics).toContain('# HELP creditline_sagas_asked_twice askedTwice of sagas.\n')
  expect(metrics).toContain('\ncreditline_sagas_asked_twice 3\n')
})

test('of parts of which nothing is known nothing is said', () => {
  expect(metricsOf({ ready: false, parts: {} })).not.toContain('part')
})

test('the name of a part cannot break out of its label', () => {
  const metrics = metricsOf({ ready: true, parts: { 'a"b\\c\nd': { ok: true, detail: '' } } })
  expect(metrics).toContain(String.raw`creditline_part_ok{part="a\"b\\c\nd"} 1`)
})
