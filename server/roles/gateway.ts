// The role `gateway`: GraphQL for clients, over HTTP and WebSocket.

import { createRequire } from 'node:module'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { ShopBus } from '../../command/commands.ts'
import { mutations } from '../../command/mutations/index.ts'
import type { Coordination } from '../../events/catalogue.ts'
import type { Feed } from '../../kernel/projecting/feed/feed.ts'
import type { ViewStore } from '../../kernel/projecting/store/view-store.ts'
import { createLoaders, readsOn } from '../../query/context.ts'
import { queryResolvers } from '../../query/resolvers/index.ts'
import { scalars } from '../../schema/scalars.ts'
import { typeDefinitions } from '../../schema/type-definitions.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import type { Health } from '../health/health.ts'
import { type Gateway, startGateway } from '../http/http.ts'
import type { Address } from '../http/listen.ts'
import { playgroundTabs } from '../playground/playground-tabs.ts'

const packageJson = createRequire(import.meta.url)('../../package.json') as { version: string }

interface Parts {
  address: Address
  views: ViewStore
  feed: Feed
  bus: ShopBus
  health: () => Promise<Health>
  coordination: Coordination | undefined
  filled: boolean | undefined
}

/** @throws Error when the address cannot be listened on */
export function runGateway({ store, logId, currency, log }: Infrastructure, parts: Parts): Promise<Gateway> {
  const { address, views, feed, bus, health, coordination, filled } = parts
  const reads = readsOn({ views, feed, logEnd: () => store.end(), currency, version: packageJson.version })
  return startGateway({
    ...address,
    schema: makeExecutableSchema({
      typeDefs: typeDefinitions,
      resolvers: [scalars(logId), queryResolvers, { Mutation: mutations }],
    }),
    context: () => ({ reads, bus, prices: bus, coordination, loaders: createLoaders(reads) }),
    operations: playgroundTabs(filled),
    health,
    log,
  })
}
