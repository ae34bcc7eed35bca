// Views that are opened again when they are lost.
import { expect, test, vi } from 'vitest'
import { type ViewStore, ViewsLost } from '../../../../kernel/projecting/store/view-store.ts'
import { reopenedViews } from '../../../../kernel/projecting/store/watched.ts'
import { openTestViews } from '../../../../query/test-views.given.ts'

const log = { warn: () => {} }

/** Views that count how often they are closed, and are lost when the test says so. */
async function losable() {
  const { views } = await openTestViews()
  let lost: ViewsLost | undefined
  let closes = 0
  const losableViews: ViewStore = {
    ...views,
    async checkpoint() {
      if (lost) throw lost
      return views.checkpoint()
    },
    async close() {
      closes++
      await views.close()
    },
  }
  return { views: losableViews, lose: (loss: ViewsLost) => (lost = loss), closes: () => closes }
}

const removed = () => new ViewsLost('The views are removed')

test('readers have the new views, and the lost ones are closed once', async () => {
  const [former, next] = [await losable(), await losable()]
  const order = [former.views, next.views]
  const onReopened = vi.fn()
  const views = await reopenedViews({ open: async () => order.shift() as ViewStore, onReopened, log })
  former.lose(removed())
  await expect(views.checkpoint()).rejects.toThrow(ViewsLost)
  await vi.waitFor(() => expect(onReopened).toHaveBeenCalledOnce())
  expect(await views.checkpoint()).toBe(0)
  await views.close()
  expect([former.closes(), next.closes()]).toEqual([1, 1])
})

test('closing does not wait for the pause before views are opened again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const [first, second] = [await losable(), await losable()]
    const order = [first.views, second.views]
    const views = await reopenedViews({ open: async () => order.shift() as ViewStore, onReopened: () => {}, log })
    first.lose(removed())
    await views.checkpoint().catch(() => {})
    await vi.waitFor(() => expect(first.closes()).toBe(1))
    // Views that are lost again at once are left alone for seconds, and no time passes here.
    second.lose(removed())
    await views.checkpoint().catch(() => {})
    await views.close()
    expect(order).toEqual([])
    expect(second.closes()).toBe(1)
  } finally {
    vi.useRealTimers()
  }
})

test('closing does not wait for views that are being opened; they are closed when they come', async () => {
  const [former, late] = [await losable(), await losable()]
  let come = (_: ViewStore) => {}
  const coming = new Promise<ViewStore>((resolve) => (come = resolve))
  let opens = 0
  const open = () => (opens++ === 0 ? Promise.resolve(former.views) : coming)
  const onReopened = vi.fn()
  const views = await reopenedViews({ open, onReopened, log })
  former.lose(removed())
  await views.checkpoint().catch(() => {})
  await vi.waitFor(() => expect(opens).toBe(2))
  await views.close()
  come(late.views)
  await vi.waitFor(() => expect(late.closes()).toBe(1))
  expect(onReopened).not.toHaveBeenCalled()
})
