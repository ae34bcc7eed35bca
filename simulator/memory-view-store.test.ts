import { describeViewStore } from '../kernel/projecting/store/view-store.contract.ts'
import { newViews, openMemoryViewStore } from './memory-view-store.ts'

describeViewStore('the view store in memory', async () => {
  const kept = newViews()
  return { open: async (options) => openMemoryViewStore(kept, options), remove: async () => {} }
})
