// The playground as a person uses it: in a browser, with the tabs that it opens with.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Locator, type Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { startDesk } from '../server/desk/desk.ts'
import { playgroundTabs } from '../server/playground/playground-tabs.ts'
import { placeOf } from './place.ts'
import { untilReady } from './readiness.ts'

const browser = '/usr/bin/chromium'
const word = existsSync(browser) ? '' : ` (skipped: there is no ${browser})`

test.skipIf(word !== '')(`the playground runs a query, a mutation and a subscription${word}`, async () => {
  const desk = await startDesk({ ...placeOf(temporary()).settings, host: '127.0.0.1', port: 0, logLevel: 'error' })
  onTestFinished(() => desk.close())
  await untilReady(desk.url)
  const { page, complaints } = await open(`${desk.url}/playground`)

  await page.locator('.window-switcher__item--active', { hasText: titleOf('RegisterCustomer') }).waitFor()
  expect(await page.title()).toBe('Creditline')
  for (const { title } of playgroundTabs()) expect(await tab(page, title).count(), title).toBe(1)

  // The schema is there without being asked for.
  await page.getByText('Docs', { exact: true }).click()
  await page.locator('app-doc-viewer', { hasText: 'Subscription' }).waitFor()

  await send(page, 'RegisterCustomer')
  await expectResult(page, '"duplicate": false')
  await send(page, 'Customer')
  await expectResult(page, '"creditLimit": "150000.00"')
  await send(page, 'AddProduct')
  await expectResult(page, '"available": 400')

  await send(page, 'OrderChanged')
  await expectResult(page, '"kind": "SNAPSHOT"')
  await send(page, 'PlaceOrder')
  await expectResult(page, '"total": "129800.00"')
  await choose(page, 'OrderChanged')
  await expectResult(page, '"status": "APPROVED"')

  expect(complaints).toEqual([])
})

test.skipIf(word !== '')(
  `each tab opens with its variables in sight, and a closed pane stays closed${word}`,
  async () => {
    const desk = await startDesk({ ...placeOf(temporary()).settings, host: '127.0.0.1', port: 0, logLevel: 'error' })
    onTestFinished(() => desk.close())
    const { page, complaints } = await open(`${desk.url}/playground`)
    const variables = page.locator('.variables-editor-container.show-variables app-variables-editor')
    await page.locator('.window-switcher__item--active', { hasText: titleOf('RegisterCustomer') }).waitFor()
    for (const { name, variables: shown } of playgroundTabs()) {
      await choose(page, name)
      const [text = ''] = JSON.stringify(shown).match(/"[A-Za-z]\w*"/) ?? []
      await variables.filter({ hasText: text }).waitFor()
    }
    await page.locator('[track-id=toggle_variables]').click()
    await variables.waitFor({ state: 'detached' })
    await choose(page, 'PlaceOrder')
    await variables.waitFor()
    await choose(page, playgroundTabs().at(-1)?.name ?? '')
    await page.locator('.variables-editor-container').waitFor()
    expect(await variables.count()).toBe(0)
    expect(complaints).toEqual([])
  },
)

/** Opens a page, and collects what it asks of other places, what it fails to get, and what it complains of. */
async function open(url: string): Promise<{ page: Page; complaints: string[] }> {
  const context = await chromium.launchPersistentContext(temporary(), {
    executablePath: browser,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  const { origin } = new URL(url)
  page.on('request', (request) => {
    const here = request.url().startsWith(origin) || /^(data|blob):/.test(request.url())
    if (!here) complaints.push(`asked for ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(url)
  return { page, complaints }
}

async function send(page: Page, operation: string): Promise<void> {
  await choose(page, operation)
  await page.getByRole('button', { name: 'Send Request' }).click()
}

/** Brings the tab of an operation to the front. */
async function choose(page: Page, operation: string): Promise<void> {
  await tab(page, titleOf(operation)).click()
  await page.locator('.window-switcher__item--active', { hasText: titleOf(operation) }).waitFor()
}

function tab(page: Page, title: string): Locator {
  return page.locator('.window-switcher__item', { hasText: title })
}

async function expectResult(page: Page, text: string): Promise<void> {
  await page.locator('app-query-result', { hasText: text }).waitFor()
}

function titleOf(operation: string): string {
  const example = playgroundTabs().find(({ name }) => name === operation)
  if (example === undefined) throw new Error(`There is no tab ${operation}.`)
  return example.title
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'creditline-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
