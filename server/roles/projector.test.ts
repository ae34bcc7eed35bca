import { expect, test } from 'vitest'
import { leaseOfViews } from './projector.ts'

const files = { events: '/data/events.db', views: '/data/views.db' }

test('desks that share a log and not the views each have a projector at work', () => {
  const embedded = leaseOfViews({ files })
  expect(leaseOfViews({ files: { ...files, views: '/other/views.db' } })).not.toBe(embedded)
  expect(leaseOfViews({ files, mongodbUrl: 'mongodb://a' })).not.toBe(embedded)
  expect(leaseOfViews({ files, mongodbUrl: 'mongodb://b' })).not.toBe(
    leaseOfViews({ files, mongodbUrl: 'mongodb://a' }),
  )
})

test('processes that share the views have one projector at work, whoever they are to the server', () => {
  const shared = leaseOfViews({ files, mongodbUrl: 'mongodb://a,b/?replicaSet=rs' })
  const elsewhere = { events: '', views: '' }
  expect(leaseOfViews({ files: elsewhere, mongodbUrl: 'mongodb://desk:secret@a,b/?replicaSet=rs' })).toBe(shared)
})
