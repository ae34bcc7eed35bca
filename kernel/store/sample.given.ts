// A catalogue for the tests of the kernel: accounts, transfers between them, and assets.
import * as z from 'zod'
import { defineCatalogue, type EventsOf } from './catalogue.ts'

export const SAMPLE_VERSION = 2

export const sample = defineCatalogue({
  version: SAMPLE_VERSION,
  upcasters: {
    // Version 2 calls the former limit `previous`.
    LimitChanged: { 1: ({ former, ...data }) => ({ ...data, previous: former }) },
  },
  categories: {
    account: {
      streams: /^account-(acc_[\w-]{1,64})$/,
      events: {
        AccountOpened: z.object({ accountId: z.string(), name: z.string(), limit: z.int() }),
        LimitChanged: z.object({ accountId: z.string(), limit: z.int(), previous: z.int() }),
      },
      about: ({ accountId }) => accountId,
    },
    transfer: {
      streams: /^transfer-(tra_[\w-]{1,64})$/,
      events: {
        TransferBooked: z.object({
          transferId: z.string(),
          accountId: z.string(),
          total: z.int(),
          lines: z.array(z.object({ assetId: z.string(), quantity: z.int() })),
        }),
      },
      about: ({ transferId }) => transferId,
    },
    asset: {
      streams: /^asset-(ast_[\w-]{1,64})$/,
      events: { AssetAdded: z.object({ assetId: z.string() }) },
      about: ({ assetId }) => assetId,
    },
    review: {
      streams: /^review-(tra_[\w-]{1,64})$/,
      events: { ReviewStarted: z.object({ transferId: z.string() }) },
      about: ({ transferId }) => transferId,
    },
  },
})

export type SampleEvent = EventsOf<typeof sample>
