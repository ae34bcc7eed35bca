// The role `saga`: sees every order that was placed through to its end.
import type { CommandBus } from '../../command/bus/command-bus.ts'
import { placement } from '../../command/placement/placement.ts'
import { type Sagas, startSagas } from '../../command/saga/runner.ts'
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
  const start = async () => {
    const sagas = await startSagas({ saga: { ...placement, within: placementTimeoutMs }, store, bus, log })
    return { health: () => sagasPart(sagas), stop: () => sagas.stop() }
  }
  return activeOnce(ground, 'sagas', start, messaging && reaches(messaging))
}

/** A parked order waits for an operator, and all others go on: the desk is ready all the same. */
function sagasPart(sagas: Sagas): Part {
  const { ok, atWork, inTrouble, parked, error } = sagas.health()
  const trouble = inTrouble > 0 ? `, ${inTrouble} of them try again after: ${error}` : ''
  const waiting = parked > 0 ? `, ${parked} parked` : ''
  return { ok, detail: ok ? `${atWork} at work${trouble}${waiting}` : `the log cannot be followed: ${error}` }
}
