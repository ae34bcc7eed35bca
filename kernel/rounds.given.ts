// The number of rounds of a random test: a few in each run, ten times as many in `npm run test:long`.

export const isLong = process.env.TEST_LONG === '1'

/** The number of rounds, for a test that plays `usual` rounds in each run. */
export function rounds(usual: number): number {
  return isLong ? 10 * usual : usual
}
