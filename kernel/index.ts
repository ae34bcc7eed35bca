// The public names of the kernel. README.md explains them; another domain imports this file and nothing else.

// Deciding: aggregates, and the processes between them.
export { commandTo } from './deciding/bus/command-bus.ts'
export { type Choreography, policiesOver } from './deciding/choreography/definition.ts'
export { startPolicies } from './deciding/choreography/start-policies.ts'
export type { Decider, Refusal } from './deciding/decider.ts'
export { openCommandHandler } from './deciding/handling/command-handler.ts'
export { ask, type SagaDefinition } from './deciding/saga/definition.ts'
export { startSagas } from './deciding/saga/start-sagas.ts'
// Projecting: views, and subscriptions to their documents.
export { followDocument } from './projecting/feed/document-changes.ts'
export { openFeed } from './projecting/feed/feed.ts'
export { listed } from './projecting/listed-events.ts'
export {
  begun,
  changed,
  type Projection,
  type VersionedDocument,
  type ViewDocument,
  viewOf,
} from './projecting/projection.ts'
export { startProjector } from './projecting/projector/projector.ts'
export { openViewsOf } from './projecting/projector/views-of.ts'
// The events of a domain, and the log that contains them.
export { defineCatalogue, type EventsOf } from './store/catalogue.ts'
export type { EventOf } from './store/category.ts'
export { parkedCategory, sagaCategory } from './store/kernel-events.ts'
export { openLogOf } from './store/sqlite/log-beginning.ts'
