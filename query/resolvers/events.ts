// The audit log: recorded events, and what is shown of one.
import type { EventResolvers, QueryResolvers } from '../resolvers.generated.ts'
import { summary } from '../summary.ts'
import { historyFilter } from './arguments.ts'
import { historyPage } from './pages.ts'

export const eventQueries: Pick<QueryResolvers, 'events'> = {
  events: (_, { filter, ...page }, context) => historyPage(context, 'events', historyFilter(filter), page),
}

export const Event: EventResolvers = {
  version: ({ revision }) => revision + 1,
  commandId: ({ metadata }) => metadata.commandId,
  causationId: ({ metadata }) => metadata.causationId,
  correlationId: ({ metadata }) => metadata.correlationId,
  actor: ({ metadata }) => metadata.actor,
  summary,
}
