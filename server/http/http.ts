// The gateway: one address for GraphQL over HTTP and WebSocket, the playground and the health of the desk.
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { withTimeout } from '../../kernel/failures/with-timeout.ts'
import type { ExampleOperation } from '../../schema/operations.ts'
import { admission } from '../graphql/admission.ts'
import { answerType, prefersPage, USUAL_TYPE } from '../graphql/answer-type.ts'
import { graphqlOverHttp } from '../graphql/apollo.ts'
import { clientError } from '../graphql/errors.ts'
import { limits } from '../graphql/limits.ts'
import { operationPipeline } from '../graphql/pipeline.ts'
import type { RequestInfo } from '../graphql/request.ts'
import { serveSockets } from '../graphql/sockets.ts'
import type { Health } from '../health/health.ts'
import { serveHealth } from '../health/health-routes.ts'
import { servePlayground } from '../playground/playground.ts'
import { refuseOtherHosts } from './host-check.ts'
import { type Address, type Listening, listen } from './listen.ts'
import { pathOf, refuseOtherMethods } from './methods.ts'
import { readUtf8Json, refuseOtherText } from './request-text.ts'

const endpoint = '/graphql'
const requestTakesAtMost = 30_000
const finishingTakesAtMost = 5_000
const closingTakesAtMost = 2_000

export interface GatewayOptions<Context extends object> extends Address {
  schema: GraphQLSchema
  /** Makes the context of one operation, or of one message of a subscription. Nothing that it caches is shared or kept. */
  context: (request: RequestInfo) => Context
  health: () => Health | Promise<Health>
  /** The tabs of the playground. */
  operations: readonly ExampleOperation[]
  log: Logger
}

export interface Gateway extends Listening {
  /**
   * Stops in this order: no new operation begins and readiness is 503; operations in execution finish, within five seconds;
   * WebSockets close with 1001; the port is released.
   */
  close(): Promise<void>
}

/**
 * Starts to listen.
 *
 * @throws Error when the address cannot be listened on
 */
export async function startGateway<Context extends object>(options: GatewayOptions<Context>): Promise<Gateway> {
  const { host, port, schema, context, log } = options
  const executing = admission(limits.operations)
  const pipeline = operationPipeline({ schema, context, admission: executing, log })
  const graphql = await graphqlOverHttp(schema, pipeline, log)
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.messageBytes,
    requestTimeout: requestTakesAtMost,
    // Health answers until the end.
    return503OnClosing: false,
  })
  let stopping = false

  observe(app)
  const isAnswered = refuseOtherHosts(app, options, log)
  readUtf8Json(app)
  app.setErrorHandler<FastifyError>((error, request, reply) => sendError(request, reply, error, log))
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    return reply
      .code(404)
      .send({ error: `There is nothing at ${path}. Try ${endpoint}, /playground or /health/ready.` })
  })
  refuseOtherMethods(app, ['/playground/'])
  app.get('/', (_request, reply) => reply.redirect('/playground/'))
  serveHealth(app, options.health, () => stopping)
  servePlayground(app, endpoint, options.operations)
  app.route({
    method: ['GET', 'POST'],
    url: endpoint,
    exposeHeadRoute: false,
    onRequest: refuseOtherText,
    async handler(request, reply) {
      if (isVisit(request)) return reply.code(400).type('text/html; charset=utf-8').send(signpost)
      // Apollo looks at it after it has executed a mutation.
      if (answerType(request.headers.accept) === undefined) throw notAcceptable()
      return graphql.answer(request, reply)
    },
  })
  const sockets = serveSockets({ server: app.server, path: endpoint, isAnswered, pipeline, log })

  await app.ready()
  const listening = await listen(app, { host, port })
  return {
    ...listening,
    async close() {
      stopping = true
      const finished = await withTimeout(
        finishingTakesAtMost,
        executing.stop().then(() => true),
        () => false,
      )
      await sockets.close()
      if (!finished) app.server.closeAllConnections()
      await withTimeout(closingTakesAtMost, app.close(), () => {})
      app.server.closeAllConnections()
      await graphql.stop()
    },
  }
}

/** Logs each request, at `debug`, and puts on every answer what keeps browsers out of trouble. */
function observe(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request
    request.log.debug({ method, url, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) }, 'request')
  })
  app.addHook('onSend', async (request, reply) => {
    reply.headers(pathOf(request.url).startsWith('/playground/') ? everywhere : outsidePages)
  })
}

const everywhere = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

const outsidePages = {
  ...everywhere,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

/** Answers errors that occur before GraphQL is reached: a body that is too large, no JSON, of another type; or a bug. */
function sendError({ headers }: FastifyRequest, reply: FastifyReply, error: FastifyError, log: Logger): FastifyReply {
  const status = error.statusCode ?? 500
  const code = status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'
  const isOtherType = error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
  const message = isOtherType ? 'The body must be JSON, with the content-type application/json.' : error.message
  const shown = clientError({ message, extensions: { code } }, error, log)
  // A connection closed on a client that is still sending is reset, and the client never reads why. Kept open, what comes is read away.
  reply.removeHeader('connection')
  return reply
    .code(status)
    .type(answerType(headers.accept) ?? USUAL_TYPE)
    .send(JSON.stringify({ errors: [shown] }))
}

/** The page for people who open the endpoint in a browser. */
const signpost = `<!doctype html>
<title>Creditline</title>
<p>This is the GraphQL endpoint of Creditline: programs send operations here, as JSON, with POST. For people there is the <a href="/playground/">playground</a>.</p>
`

/** Whether a browser wants to show a page. Operations are not answered as one, and none is executed for it. */
function isVisit({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && prefersPage(headers.accept)
}

function notAcceptable(): Error {
  const problem = 'The Accept header must include application/json or application/graphql-response+json.'
  return Object.assign(new Error(problem), { statusCode: 406 })
}
