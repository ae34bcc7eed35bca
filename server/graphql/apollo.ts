// GraphQL over HTTP: Apollo Server reads the request and writes the answer, the pipeline does what lies between.
import { ApolloServer, type ApolloServerPlugin, type GraphQLResponse, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql'
import type { Logger } from 'pino'
import { refusalStatus } from './answer-type.ts'
import { clientError } from './errors.ts'
import type { Pipeline, Prepared, Refused, Result } from './pipeline.ts'
import type { RequestInfo } from './request.ts'

export interface GraphqlOverHttp {
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
  stop(): Promise<void>
}

interface ApolloContext {
  request: RequestInfo
}

export async function graphqlOverHttp(
  schema: GraphQLSchema,
  pipeline: Pipeline,
  log: Logger,
): Promise<GraphqlOverHttp> {
  const apollo = new ApolloServer<ApolloContext>({
    schema,
    logger: log,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    documentStore: placeholders,
    // Only errors of requests that hold no operation: the pipeline presents its own.
    formatError: (formatted, thrown) => clientError(formatted, thrown, log),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // It would hook every field.
      ApolloServerPluginCacheControlDisabled(),
      answeredBy(pipeline),
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
        context: async () => ({ request: { transport: 'http', requestId: id, headers } }),
      })
      for (const [name, value] of answer.headers) reply.header(name, value)
      // Only @defer and @stream answer in chunks, and the schema has neither.
      return reply.code(answer.status ?? 200).send(answer.body.kind === 'complete' ? answer.body.string : '')
    },
  }
}

/** Apollo takes every document for one that it has parsed and validated before. It executes none: `responseForOperation` answers. */
const placeholder: DocumentNode = parse('{ __typename }')
const placeholders = { get: async () => placeholder, set: async () => {}, delete: async () => false }

function answeredBy(pipeline: Pipeline): ApolloServerPlugin<ApolloContext> {
  return {
    requestDidStart: async () => ({
      async responseForOperation({ source, request, contextValue }) {
        const { operationName, variables, http } = request
        const prepared = pipeline.prepare({ query: source, operationName, variables })
        const refusal = 'refused' in prepared ? undefined : refusalOverHttp(prepared, http?.method)
        if (refusal !== undefined) return refusal
        const outcome = 'refused' in prepared ? prepared : await pipeline.execute(prepared, contextValue.request)
        if ('refused' in outcome) return refused(outcome, http?.headers.get('accept'))
        return response(outcome.data === undefined ? 500 : 200, outcome)
      },
    }),
  }
}

function refusalOverHttp({ operation: { operation: kind } }: Prepared, method: string | undefined) {
  const errors = (message: string) => ({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] })
  if (kind === 'subscription') {
    return response(400, errors('Send subscriptions over WebSocket (graphql-transport-ws) to this address.'))
  }
  if (method !== 'GET' || kind === 'query') return undefined
  return response(405, errors(`GET accepts queries only. Send a ${kind} with POST.`), [['allow', 'POST']])
}

function refused({ refused: errors }: Refused, accept: string | undefined): GraphQLResponse {
  const isBusy = errors.some(({ extensions }) => extensions?.code === 'OVERLOADED' || extensions?.code === 'STOPPING')
  return isBusy ? response(503, { errors }, [['retry-after', '1']]) : response(refusalStatus(accept), { errors })
}

function response(status: number, { data, errors }: Result, headers: [string, string][] = []): GraphQLResponse {
  return {
    http: { status, headers: new HeaderMap(headers) },
    body: { kind: 'single', singleResult: { ...(errors && { errors }), ...(data !== undefined && { data }) } },
  }
}

function headerMap(headers: FastifyRequest['headers']): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}
