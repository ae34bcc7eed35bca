// The role `saga`: sees every order that was placed through to its end, whichever way it is coordinated.
import type { CommandBus } from '../../command/bus/command-bus.ts'
import { startPolicies } from '../../command/choreography/runner.ts'
import { placement } from '../../command/placement/placement.ts'
import { policies } from '../../command/placement/policies.ts'
import type { SagaHealth } from '../../command/saga/conversations.ts'
import { startSagas } from '../../command/saga/runner.ts'
import type { Ground } from '../ground.ts'
import type { Part } from '../health.ts'
import type { Settings } from '../settings.ts'
import { activeOnce, type RunningRole } from './active-once.ts'
import { reaches } from './reaches.ts'

/** A process whose commands reach nobody leaves the sagas to another one. */
export function runSagas(
  ground: Ground,
  bus: CommandBus,
  { placementTimeoutMs = placement.within }: Settings,
): Promise<RunningRole> {
  const { store, messaging, log } = ground
  const saga = { ...placement, within: placementTimeoutMs }
  const choreography = { ...policies, within: placementTimeoutMs }
  const start = async () => {
    const sagas = await startSagas({ saga, store, bus, log })
    const reactions = await startPolicies({ choreography, store, bus, log })
    return {
      health: () => sagasPart([sagas.health(), reactions.health()]),
      stop: async () => void (await Promise.all([sagas.stop(), reactions.stop()])),
    }
  }
  return activeOnce(ground, 'sagas', start, messaging && reaches(messaging))
}

/** A parked order waits for an operator, and all others go on: the desk is ready all the same. */
function sagasPart(healths: readonly SagaHealth[]): Part {
  const sum = (count: (health: SagaHealth) => number) => healths.map(count).reduce((one, other) => one + other)
  const ok = healths.every((health) => health.ok)
  const { error } = healths.find((health) => !health.ok) ?? healths.find((health) => health.error !== undefined) ?? {}
  const atWork = sum((health) => health.atWork)
  const inTrouble = sum((health) => health.inTrouble)
  const parked = sum((health) => health.parked)
  const trouble = inTrouble > 0 ? `, ${inTrouble} of them try again after: ${error}` : ''
  const waiting = parked > 0 ? `, ${parked} parked` : ''
  return { ok, detail: ok ? `${atWork} at work${trouble}${waiting}` : `the log cannot be followed: ${error}` }
}
