// GraphQL over HTTP: Apollo Server with the limits of the desk.
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { clientError } from './errors.ts'
import { limits } from './limits.ts'
import { refuseExpensive } from './price.ts'
import type { RequestInfo } from './request.ts'

export interface GraphqlOverHttp {
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
  stop(): Promise<void>
}

/** @param context called for every operation */
export async function graphqlOverHttp<Context extends object>(
  schema: GraphQLSchema,
  context: (request: RequestInfo) => Context,
  log: Logger,
): Promise<GraphqlOverHttp> {
  const apollo = new ApolloServer<Context>({
    schema,
    logger: log,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    // Introspection is open, so a suggestion in an error tells nobody anything new.
    hideSchemaDetailsFromClientErrors: false,
    // A price counts fragments wherever they are spread, which is what this rule is for.
    maxRecursiveSelections: false,
    parseOptions: { maxTokens: limits.tokens },
    formatError: (formatted, thrown) => clientError(formatted, thrown, log),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // It would hook every field.
      ApolloServerPluginCacheControlDisabled(),
      guard(),
      plainJsonAnswersWith200(),
    ],
  })
  await apollo.start()
  return {
    stop: () => apollo.stop(),
    // By hand, because the handler of @as-integrations/fastify 3.1.0 fails with a malformed Host header.
    async answer({ id, method, url, headers, body }, reply) {
      const query = url.indexOf('?')
      const answer = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method,
          headers: headerMap(headers),
          search: query === -1 ? '' : url.slice(query),
          body,
        },
        context: async () => context({ transport: 'http', requestId: id, headers }),
      })
      for (const [name, value] of answer.headers) reply.header(name, value)
      // Only @defer and @stream answer in chunks, and the schema has neither.
      return reply.code(answer.status ?? 200).send(answer.body.kind === 'complete' ? answer.body.string : '')
    },
  }
}

function guard<Context extends object>(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, document, operation, request }) {
        if (operation === undefined) return
        if (operation.operation === 'subscription') {
          throw badRequest(
            'BAD_REQUEST',
            'Subscriptions are served over WebSocket (graphql-transport-ws), at this same address.',
          )
        }
        const refusal = refuseExpensive(schema, document, operation, request.variables ?? {})
        if (refusal !== undefined) throw badRequest('QUERY_TOO_COMPLEX', refusal.message)
      },
    }),
  }
}

function plainJsonAnswersWith200<Context extends object>(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      async willSendResponse({ errors, request, response }) {
        const malformed = errors?.some(({ extensions }) => extensions.code === 'BAD_REQUEST')
        if (response.http.status === 400 && !malformed) {
          response.http.status = refusalStatus(request.http?.headers.get('accept'))
        }
      },
    }),
  }
}

/** The status of a refused operation. The GraphQL over HTTP draft: to a client that takes `application/json` only, it is an answer like any other. */
export function refusalStatus(accept: string | undefined): 200 | 400 {
  return accept?.includes('application/graphql-response+json') ? 400 : 200
}

function headerMap(headers: FastifyRequest['headers']): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}

function badRequest(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } })
}
