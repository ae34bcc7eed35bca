// The playground at /playground: Altair, served from here with everything it needs, and with example operations in tabs.
import fastifyStatic from '@fastify/static'
import { getDistDirectory, isSandboxFrame, renderAltair } from 'altair-static'
import type { FastifyInstance } from 'fastify'
import type { ExampleOperation } from '../../schema/operations.ts'

/**
 * Adds the playground to a server.
 *
 * @param endpoint the path of the GraphQL endpoint, HTTP and WebSocket, e.g. `/graphql`
 * @param operations one tab each
 */
export function servePlayground(app: FastifyInstance, endpoint: string, operations: readonly ExampleOperation[]): void {
  const altair = renderAltair({ baseURL: '/playground/', serveInitialOptionsInSeperateRequest: 'options.js' })
  const page = altair.replace(/<title>.*<\/title>/, '<title>Creditline</title>')
  const script = optionsScript(endpoint, operations)

  app.get('/playground', (_request, reply) => reply.redirect('/playground/'))
  app.register((pages, _options, done) => {
    pages.addHook('onSend', async (_request, reply) => {
      reply.headers({ 'content-security-policy': contentSecurityPolicy, 'x-frame-options': 'SAMEORIGIN' })
    })
    pages.get('/playground/', (_request, reply) => reply.type('text/html; charset=utf-8').send(page))
    pages.get('/playground/options.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))
    pages.register(fastifyStatic, {
      root: getDistDirectory(),
      prefix: '/playground/',
      index: false,
      decorateReply: false,
      maxAge: '1h',
      // This frame runs any script that is sent to it, and would do so as a page of the desk.
      allowedPath: (path) => !isSandboxFrame(path),
    })
    done()
  })
}

/** Altair needs inline styles, which it adds while it runs; scripts come from files only. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'self'",
  "form-action 'none'",
].join('; ')

/** A separate script, since the policy allows none in the page. Only the browser knows under which name it reached the desk. */
function optionsScript(endpoint: string, operations: readonly ExampleOperation[]): string {
  const tabs = operations.map(({ title, document, variables }) => ({
    initialName: title,
    initialQuery: document,
    initialVariables: JSON.stringify(variables, null, 2),
  }))
  return `const endpointURL = new URL(${JSON.stringify(endpoint)}, location.href).href
const here = {
  endpointURL,
  subscriptionsEndpoint: endpointURL.replace('http', 'ws'),
  initialSubscriptionRequestHandlerId: 'graphql-ws',
}
const tabs = ${JSON.stringify(tabs, null, 2)}
AltairGraphQL.init({
  ...here,
  initialWindows: tabs.map((tab) => ({ ...tab, ...here })),
  initialSettings: {
    'schema.reloadOnStart': true,
    'alert.disableUpdateNotification': true,
    'banners.disable': true,
    enableTablistScrollbar: true,
  },
  disableAccount: true,
  instanceStorageNamespace: 'creditline_',
})

// The variables of a tab are in a pane that is closed at first and has no setting: it is opened when the tab is shown for the first time.
const shownTabs = new WeakSet()
let shownWindow
new MutationObserver(() => {
  const window = document.querySelector('app-window')
  const tab = document.querySelector('.window-switcher__item--active')
  const pane = window?.querySelector('.variables-editor-container')
  if (!tab || !pane || window === shownWindow) return
  shownWindow = window
  if (shownTabs.has(tab)) return
  shownTabs.add(tab)
  if (!pane.matches('.show-variables')) pane.querySelector('[track-id=toggle_variables]').click()
}).observe(document.documentElement, { subtree: true, childList: true })

// On the first visit Altair opens its tabs one after another and stays at the last; the story begins at the first.
const visited = 'creditline_visited'
if (!localStorage.getItem(visited)) {
  new MutationObserver((_changes, observer) => {
    const shown = document.querySelectorAll('.window-switcher__item')
    if (shown.length < tabs.length || !shown[tabs.length - 1].matches('.window-switcher__item--active')) return
    observer.disconnect()
    localStorage.setItem(visited, 'yes')
    shown[0].click()
  }).observe(document.body, { subtree: true, childList: true, attributeFilter: ['class'] })
}
`
}
